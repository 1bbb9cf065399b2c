/** Whether small files have piled up so far that upkeep is worth a process. */
import { join } from 'node:path';
import { DeltaTable } from '../delta/delta-table.ts';
import { LocalStore } from '../delta/local-store.ts';
import { LAKE_TABLES } from '../models/lake-tables.ts';

/** Files below this size count as small. */
export const SMALL_FILE_BYTES = 16 * 2 ** 20;
const MANY_SMALL_FILES = 60;

/** @param lake folder; a table that is not there or cannot be read is left to `compact` to complain of. */
export async function isUpkeepDue(lake: string): Promise<boolean> {
  for (const { name } of LAKE_TABLES) {
    const table = await DeltaTable.open(new LocalStore(join(lake, name)), { engine: 'light' }).catch(
      () => undefined,
    );
    const files = [...(table?.snapshot.files.values() ?? [])];
    const waiting = files.filter(({ size, tags }) => Number(size) < SMALL_FILE_BYTES && tags === undefined);
    if (waiting.length >= MANY_SMALL_FILES) return true;
  }
  return false;
}
