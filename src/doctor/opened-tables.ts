/** The tables of the lake, opened once for all checks; one that cannot be opened keeps no check from the others. */
import { join } from 'node:path';
import { DeltaTable } from '../delta/delta-table.ts';
import { LocalStore } from '../delta/local-store.ts';
import { LakeError, messageOf } from '../errors.ts';
import { LAKE_TABLES } from '../models/lake-tables.ts';
import { listTables } from '../query/lake-catalog.ts';

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
      opened.push({
        name,
        table: await DeltaTable.open(new LocalStore(join(lake, name)), { engine: 'light' }),
      });
    } catch (error) {
      failed.push({ name, error: asLakeError(error) });
    }
  }
  return { opened, failed };
}

function asLakeError(error: unknown): LakeError {
  if (error instanceof LakeError) return error;
  return new LakeError('TABLE_DAMAGED', messageOf(error), {
    hint: 'look at the file that is named: its permissions, and the disk',
    cause: error,
  });
}
