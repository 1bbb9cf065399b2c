/** The one thing of the log that is Parquet: checkpoints. Which engine reads and writes them is the caller's choice. */
import type { Action } from '../log/actions.ts';

export interface CheckpointEngine {
  /**
   * The actions of one Parquet checkpoint, part or sidecar.
   * @param bytes the whole file.
   * @param name of the file, for errors.
   */
  readActions(bytes: Uint8Array, name: string): Promise<Action[]>;
}

/**
 * Picks the engine that this process has loaded anyway; it is imported when the first checkpoint is read. `query` is the
 * light one without removed files, of which a table keeps a week: for handles that never commit, vacuum or restore.
 */
export type EngineName = 'light' | 'duckdb' | 'query';

export async function loadEngine(name: EngineName): Promise<CheckpointEngine> {
  if (name === 'duckdb') return (await import('./duckdb-engine.ts')).duckdbEngine;
  const { lightEngine } = await import('./hyparquet-reader.ts');
  return lightEngine(name === 'query' ? 'remove' : undefined);
}
