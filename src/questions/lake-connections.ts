import type { DuckDBConnection } from '@duckdb/node-api';
import type { DirectReader } from './direct/direct-reader.ts';

/** The engine's connections to a lake, as a question uses them. */
export interface LakeConnections {
  /** Whether files on an object store are read where they are; else they are fetched whole. */
  readonly readsRemotely: boolean;
  /** For what needs no engine. */
  readonly direct: DirectReader;
  /**
   * Runs work on a connection of its own; `signal` interrupts it.
   * @throws LakeError SERVER_BUSY when too many wait already, TIMED_OUT, SQL_…, QUERY_FAILED.
   */
  use<T>(signal: AbortSignal, work: (connection: DuckDBConnection) => Promise<T>): Promise<T>;
}
