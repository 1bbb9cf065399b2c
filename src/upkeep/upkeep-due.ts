/** Whether small files have piled up so far that upkeep is worth a process. */
import { joinLocation } from '../base/location.ts';
import type { AddFile } from '../delta/log/actions.ts';
import type { Snapshot } from '../delta/log/snapshot.ts';
import { openTable } from '../lake/open-table.ts';
import { LAKE_TABLES } from '../lake/registry.ts';
import { SMALL_FILE_BYTES } from '../lake/storage.ts';

const MANY_SMALL_FILES = 60;

/** @param lake folder; a table that is not there or cannot be read is left to `compact` to complain of. */
export async function isUpkeepDue(lake: string): Promise<boolean> {
  for (const { name } of LAKE_TABLES) {
    const table = await openTable(joinLocation(lake, name)).catch(() => undefined);
    if (table !== undefined && waitingForUpkeep(table.snapshot).length >= MANY_SMALL_FILES) return true;
  }
  return false;
}

/** Small files that no upkeep has touched yet. */
export function waitingForUpkeep({ files }: Pick<Snapshot, 'files'>): AddFile[] {
  return [...files.values()].filter(
    ({ size, tags }) => Number(size) < SMALL_FILE_BYTES && tags === undefined,
  );
}
