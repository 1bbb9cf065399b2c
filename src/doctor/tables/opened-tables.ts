/** The tables of the lake, opened once for all checks; one that cannot be opened keeps no check from the others. */
import { LakeError } from '../../base/errors.ts';
import { joinLocation } from '../../base/location.ts';
import type { DeltaTable } from '../../delta/delta-table.ts';
import { listTables } from '../../lake/lake-catalog.ts';
import { openTable } from '../../lake/open-table.ts';
import { LAKE_TABLES } from '../../lake/registry.ts';

export interface OpenedTable {
  readonly name: string;
  readonly table: DeltaTable;
}

export interface OpenedTables {
  readonly opened: readonly OpenedTable[];
  readonly failed: ReadonlyArray<{ readonly name: string; readonly error: LakeError }>;
}

/** @throws LakeError when the lake itself cannot be listed. */
export async function openTables(lake: string): Promise<OpenedTables> {
  const own = LAKE_TABLES.map(({ name }) => name);
  const opened: OpenedTable[] = [];
  const failed: Array<{ name: string; error: LakeError }> = [];
  for (const name of await listTables(lake, own)) {
    try {
      // Without DuckDB: it may be the very thing that is broken.
      opened.push({ name, table: await openTable(joinLocation(lake, name)) });
    } catch (error) {
      if (!(error instanceof LakeError)) throw error;
      failed.push({ name, error });
    }
  }
  return { opened, failed };
}
