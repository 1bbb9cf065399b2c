/** Where the rows are that came to a table with its newest commits. */
import type { AddFile } from '../delta/log/actions.ts';
import { readCommit } from '../delta/log/load-snapshot.ts';
import { commitName } from '../delta/log/log-path.ts';
import { fileKey } from '../delta/log/log-replay.ts';
import type { PinnedTable } from './open-tables.ts';

/** So many commits are news; older ones were missed for good. */
const MAX_COMMITS = 50;

export interface NewsFiles {
  readonly added: readonly AddFile[];
  /** Files that commits took out and wrote anew with changes: rows that they have too are no news. */
  readonly replaced: readonly AddFile[];
}

/** @param since the version whose rows are known. */
export async function newsFiles({ store, snapshot }: PinnedTable, since: number): Promise<NewsFiles> {
  const added = new Map<string, AddFile>();
  const replaced: AddFile[] = [];
  for (
    let version = Math.max(since, snapshot.version - MAX_COMMITS) + 1;
    version <= snapshot.version;
    version++
  )
    for (const action of await readCommit(store, commitName(version))) {
      // Upkeep only moves rows.
      if ('add' in action && action.add.dataChange) added.set(fileKey(action.add), action.add);
      if (!('remove' in action) || !action.remove.dataChange || added.delete(fileKey(action.remove)))
        continue;
      // Of an engine that does not say where a file belongs its rows cannot be read, and count as news.
      const { partitionValues, size = 0 } = action.remove;
      if (partitionValues !== undefined)
        replaced.push({ ...action.remove, partitionValues, size, modificationTime: 0 });
    }
  return { added: [...added.values()], replaced: added.size === 0 ? [] : replaced };
}
