/**
 * Checkpoints as this program reads and writes them: read in plain JavaScript, which is fastest, and what that reader does
 * not know (a rare codec or layout) by DuckDB, which also writes them. Each is loaded when it is needed first.
 */
import type { CheckpointFormat } from '../delta/checkpoint/checkpoint-format.ts';
import type { Action } from '../delta/log/actions.ts';

export const PARQUET_CHECKPOINTS: CheckpointFormat = {
  async readActions(bytes, name, leftOut) {
    const { hyparquetActions } = await import('./hyparquet-reader.ts');
    return (
      hyparquetActions(bytes, name, leftOut) ?? (await duckdbCheckpoints()).readActions(bytes, name, leftOut)
    );
  },

  async encode(actions: readonly Action[]) {
    return (await duckdbCheckpoints()).encode(actions);
  },
};

async function duckdbCheckpoints(): Promise<CheckpointFormat> {
  return (await import('./duckdb-checkpoints.ts')).DUCKDB_CHECKPOINTS;
}
