/**
 * Reads checkpoints in plain JavaScript: for processes that have no need of DuckDB. Polars cannot: its reader panics
 * on the MAP columns that DuckDB and arrow writers make.
 */
import { parquetMetadata, parquetSchema } from 'hyparquet';
import type { Action } from '../delta/log/actions.ts';
import { actionOf } from '../delta/log/commit-json.ts';
import { CheckpointColumns } from './checkpoint-columns.ts';

/**
 * @param bytes the whole file.
 * @param name of the file, for errors.
 * @returns undefined for a file with something that this reader does not know.
 * @throws LakeError TABLE_DAMAGED for an action that is none.
 */
export function hyparquetActions(bytes: Uint8Array, name: string, leftOut?: string): Action[] | undefined {
  const found: [kind: string, fields: readonly object[]][] = [];
  try {
    const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    const metadata = parquetMetadata(buffer);
    const root = parquetSchema(metadata);
    for (const group of metadata.row_groups) {
      const columns = new CheckpointColumns(bytes, group);
      for (const action of root.children) {
        const kind = action.element.name;
        if (kind !== leftOut) found.push([kind, columns.fieldsOf(root, action)]);
      }
    }
  } catch {
    return undefined;
  }
  return found.flatMap(([kind, rows]) => rows.map((fields) => actionOf(kind, fields, name)));
}
