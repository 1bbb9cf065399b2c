/** What came to a table since a version: from its commits, or all of it where those are gone. */
import type { AddFile } from '../../delta/log/actions.ts';
import { readCommit } from '../../delta/log/load-snapshot.ts';
import { commitName } from '../../delta/log/log-path.ts';
import { fileKey } from '../../delta/log/log-replay.ts';
import type { InputTable } from './input-table.ts';

/**
 * Live files that rows came with since a version; perhaps more, where new files were merged with older ones.
 * @param since undefined: all are new.
 */
export async function newFiles(
  { store, snapshot }: InputTable,
  since: number | undefined,
): Promise<AddFile[]> {
  if (since === snapshot.version) return [];
  const all = [...snapshot.files.values()];
  if (since === undefined || since > snapshot.version) return all;
  const added = new Set<string>();
  const rewritten = new Set<string>();
  let isGone = false;
  for (let version = since + 1; version <= snapshot.version; version++) {
    if ((await store.read(commitName(version))) === undefined) return all;
    for (const action of await readCommit(store, commitName(version))) {
      if (!('add' in action)) continue;
      const key = fileKey(action.add);
      (action.add.dataChange ? added : rewritten).add(key);
    }
  }
  for (const key of added) isGone ||= !snapshot.files.has(key);
  return all.filter((add) => {
    const key = fileKey(add);
    return added.has(key) || (isGone && rewritten.has(key));
  });
}
