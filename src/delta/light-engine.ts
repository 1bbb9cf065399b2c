/**
 * Reads checkpoints in plain JavaScript: for processes that have no need of DuckDB. Polars cannot: its reader panics
 * on the MAP columns that DuckDB and arrow writers make. What this reader does not know (a rare codec), DuckDB reads.
 */
import { readFileSync } from 'node:fs';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import type { Action } from './actions.ts';
import { usedColumns } from './checkpoint-columns.ts';
import type { CheckpointEngine } from './checkpoint-engine.ts';
import { actionsOfRow } from './checkpoint-rows.ts';

/** @param leftOut a kind of action that nobody will ask for. */
export function lightEngine(leftOut?: keyof Extract<Action, { remove: unknown }>): CheckpointEngine {
  return { readActions: (path) => readActions(path, leftOut) };
}

async function readActions(path: string, leftOut: string | undefined): Promise<Action[]> {
  const bytes = readFileSync(path);
  const file = {
    byteLength: bytes.byteLength,
    slice: (start: number, end?: number) => new Uint8Array(bytes.subarray(start, end)).buffer,
  };
  let rows: Record<string, unknown>[];
  try {
    const metadata = parquetMetadata(file.slice(0));
    const groups = metadata.row_groups.map((group) => usedColumns(metadata, group, leftOut));
    rows = (await Promise.all(groups.map((group) => parquetReadObjects({ file, metadata: group })))).flat();
  } catch {
    return (await import('./duckdb-engine.ts')).duckdbEngine.readActions(path);
  }
  const actions: Action[] = [];
  for (const row of rows) actions.push(...actionsOfRow(withNumbers(row), path));
  return actions;
}

/** 64-bit integers come as bigint; those that a number holds become numbers, as in commits. In place. */
function withNumbers<T extends object>(value: T): T {
  const fields = value as Record<string, unknown>;
  for (const key in fields) {
    const field = fields[key];
    if (typeof field === 'bigint') fields[key] = Number.isSafeInteger(Number(field)) ? Number(field) : field;
    else if (typeof field === 'object' && field !== null) withNumbers(field);
  }
  return value;
}
