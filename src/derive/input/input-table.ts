/** A table that is derived from, at one version. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { readStats, timeBoundMs } from '../../delta/format/stats.ts';
import type { AddFile } from '../../delta/log/actions.ts';
import type { Snapshot } from '../../delta/log/snapshot.ts';
import type { TableStore } from '../../delta/store/table-store.ts';
import { deltaView } from '../../query/scan/delta-view.ts';

export interface InputTable {
  readonly name: string;
  readonly store: TableStore;
  readonly snapshot: Snapshot;
}

/** A `SELECT` of the rows in some of the table's files. */
export async function selectOf(
  connection: DuckDBConnection,
  { store, snapshot }: InputTable,
  files: readonly AddFile[],
): Promise<string> {
  const { sql } = await deltaView({ connection, store, snapshot, files, allowAbsolutePaths: false });
  return sql;
}

/** The live files of some partitions. */
export function filesIn(
  { snapshot }: InputTable,
  isWanted: (values: AddFile['partitionValues']) => boolean,
): AddFile[] {
  return [...snapshot.files.values()].filter(({ partitionValues }) => isWanted(partitionValues));
}

/** The newest time in a file by its statistics, microseconds since the epoch; undefined where they do not say. */
export function newestUsIn(add: AddFile, column: string): number | undefined {
  const newestMs = timeBoundMs(readStats(add).maxValues, column);
  // Statistics have milliseconds, cut off.
  return newestMs === undefined ? undefined : newestMs * 1000 + 999;
}
