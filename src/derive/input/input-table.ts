/** A table that is derived from, at one version. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { LakeError } from '../../base/errors.ts';
import { joinLocation } from '../../base/location.ts';
import type { AddFile } from '../../delta/log/actions.ts';
import type { Snapshot } from '../../delta/log/snapshot.ts';
import type { TableStore } from '../../delta/store/table-store.ts';
import { openTable } from '../../lake/open-table.ts';
import { deltaView } from '../../query/scan/delta-view.ts';

export interface InputTable {
  readonly name: string;
  readonly store: TableStore;
  readonly snapshot: Snapshot;
}

/** @returns undefined when the lake has no such table yet. @throws LakeError TABLE_… */
export async function openInput(lake: string, name: string): Promise<InputTable | undefined> {
  try {
    const { store, snapshot } = await openTable(joinLocation(lake, name));
    return { name, store, snapshot };
  } catch (error) {
    if (error instanceof LakeError && error.code === 'TABLE_NOT_FOUND') return undefined;
    throw error;
  }
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
