/**
 * Reads checkpoints in plain JavaScript: for processes that have no need of DuckDB. Polars cannot: its reader panics
 * on the MAP columns that DuckDB and arrow writers make. What this reader does not know (a rare codec), DuckDB reads.
 */
import { readFile } from 'node:fs/promises';
import { parquetReadObjects } from 'hyparquet';
import type { Action } from './actions.ts';
import type { CheckpointEngine } from './checkpoint-engine.ts';
import { actionsOfRow } from './checkpoint-rows.ts';

export const lightEngine: CheckpointEngine = {
  async readActions(path) {
    const bytes = await readFile(path);
    const file = {
      byteLength: bytes.byteLength,
      slice: (start: number, end?: number) => new Uint8Array(bytes.subarray(start, end)).buffer,
    };
    let rows: Record<string, unknown>[];
    try {
      rows = (await parquetReadObjects({ file })) as Record<string, unknown>[];
    } catch {
      return (await import('./duckdb-engine.ts')).duckdbEngine.readActions(path);
    }
    const actions: Action[] = [];
    for (const row of rows) actions.push(...actionsOfRow(plain(row) as Record<string, unknown>, path));
    return actions;
  },
};

/** 64-bit integers come as bigint; those that a number holds become numbers, as in commits. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value ?? null;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}
