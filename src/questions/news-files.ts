/** Where the rows are that came to a table with its next commits: a bounded number of commits and rows at a time. */
import { readStats } from '../delta/format/stats.ts';
import type { AddFile } from '../delta/log/actions.ts';
import { parseCommit } from '../delta/log/commit-json.ts';
import { commitName } from '../delta/log/log-path.ts';
import { fileKey } from '../delta/log/log-replay.ts';
import type { PinnedTable } from './open-tables.ts';

const MOST_COMMITS = 50;
/** One commit may have more. */
const MOST_ROWS = 5000;

export interface NewsFiles {
  /** The last of the commits. */
  readonly version: number;
  readonly added: readonly AddFile[];
  /** Files that commits took out and wrote anew with changes: rows that they have too are no news. */
  readonly replaced: readonly AddFile[];
  /** Of the added files, as their statistics say. */
  readonly rowCount: number;
}

/**
 * @param since the version whose rows are known.
 * @returns undefined where a commit after it was cleaned up.
 * @throws LakeError TABLE_DAMAGED.
 */
export async function newsFiles(
  { store, snapshot }: PinnedTable,
  since: number,
): Promise<NewsFiles | undefined> {
  const last = Math.min(snapshot.version, since + MOST_COMMITS);
  const added = new Map<string, AddFile>();
  const replaced: AddFile[] = [];
  let rowCount = 0;
  let version = since;
  while (version < last) {
    const name = commitName(version + 1);
    const bytes = await store.read(name);
    if (bytes === undefined) return undefined;
    const actions = parseCommit(bytes, name);
    // Upkeep only moves rows.
    const news = actions.flatMap((action) => ('add' in action && action.add.dataChange ? [action.add] : []));
    const rows = news.reduce((sum, add) => sum + Number(readStats(add).numRecords ?? MOST_ROWS), 0);
    if (added.size > 0 && rowCount + rows > MOST_ROWS) break;
    version++;
    rowCount += rows;
    for (const action of actions) {
      if ('add' in action && action.add.dataChange) added.set(fileKey(action.add), action.add);
      if (!('remove' in action) || !action.remove.dataChange || added.delete(fileKey(action.remove)))
        continue;
      // Of an engine that does not say where a file belongs its rows cannot be read, and count as news.
      const { partitionValues, size = 0 } = action.remove;
      if (partitionValues !== undefined)
        replaced.push({ ...action.remove, partitionValues, size, modificationTime: 0 });
    }
  }
  return { version, added: [...added.values()], replaced: added.size === 0 ? [] : replaced, rowCount };
}
