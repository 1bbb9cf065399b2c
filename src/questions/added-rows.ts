/** What was committed to a table after a version, a bounded number of commits and rows at a time. */
import { readStats } from '../delta/format/stats.ts';
import type { AddFile } from '../delta/log/actions.ts';
import { parseCommit } from '../delta/log/commit-json.ts';
import { commitName } from '../delta/log/log-path.ts';
import type { PinnedTable } from './open-tables.ts';

export interface AddedFiles {
  /** The last of the commits. */
  readonly version: number;
  /** Those with new rows; what upkeep only moved is none. */
  readonly files: readonly AddFile[];
  /** As their statistics say. */
  readonly rowCount: number;
}

const MOST_COMMITS = 50;
/** One commit may have more. */
const MOST_ROWS = 5000;

/**
 * @returns what came with the next commits; undefined where one of them was cleaned up.
 * @throws LakeError TABLE_DAMAGED.
 */
export async function addedAfter(
  { store, snapshot }: PinnedTable,
  since: number,
): Promise<AddedFiles | undefined> {
  const end = Math.min(snapshot.version, since + MOST_COMMITS);
  const files: AddFile[] = [];
  let rowCount = 0;
  for (let version = since + 1; version <= end; version++) {
    const name = commitName(version);
    const bytes = await store.read(name);
    if (bytes === undefined) return undefined;
    const added = parseCommit(bytes, name).flatMap((action) =>
      'add' in action && action.add.dataChange ? [action.add] : [],
    );
    const rows = added.reduce((sum, add) => sum + Number(readStats(add).numRecords ?? MOST_ROWS), 0);
    if (files.length > 0 && rowCount + rows > MOST_ROWS) return { version: version - 1, files, rowCount };
    files.push(...added);
    rowCount += rows;
  }
  return { version: end, files, rowCount };
}
