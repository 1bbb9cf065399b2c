/**
 * Reads checkpoints in plain JavaScript: for processes that have no need of DuckDB. Polars cannot: its reader panics
 * on the MAP columns that DuckDB and arrow writers make. What this reader does not know (a rare codec), DuckDB reads.
 */
import { parquetMetadata, parquetSchema } from 'hyparquet/src/metadata.js';
import type { Action } from '../log/actions.ts';
import { actionOf } from '../log/commit-json.ts';
import { CheckpointColumns } from './checkpoint-columns.ts';
import type { CheckpointEngine } from './checkpoint-engine.ts';

/** @param leftOut a kind of action that nobody will ask for. */
export function lightEngine(leftOut?: keyof Extract<Action, { remove: unknown }>): CheckpointEngine {
  return { readActions: (bytes, name) => readActions(bytes, name, leftOut) };
}

async function readActions(bytes: Uint8Array, name: string, leftOut: string | undefined): Promise<Action[]> {
  const found: [kind: string, fields: readonly object[]][] = [];
  try {
    const metadata = parquetMetadata(bytes);
    const root = parquetSchema(metadata);
    for (const group of metadata.row_groups) {
      const columns = new CheckpointColumns(bytes, group);
      for (const action of root.children) {
        const kind = action.element.name;
        if (kind !== leftOut) found.push([kind, columns.fieldsOf(root, action)]);
      }
    }
  } catch {
    return (await import('./duckdb-engine.ts')).duckdbEngine.readActions(bytes, name);
  }
  return found.flatMap(([kind, rows]) => rows.map((fields) => actionOf(kind, fields, name)));
}
