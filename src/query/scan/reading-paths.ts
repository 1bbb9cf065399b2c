/** Where an engine reads files of a table on an object store: large ones where they are, if it can, others as copies. */
import type { AddFile } from '../../delta/log/actions.ts';
import { dataPath, localDataPaths } from '../../delta/store/data-path.ts';
import type { TableStore } from '../../delta/store/table-store.ts';

/** Of a file as small as this one, DuckDB would ask for as much by two requests, and keep nothing for the next process. */
const FETCHED_BYTES = 512 * 2 ** 10;

/** @returns paths in the order of `adds`. @throws LakeError TABLE_…, DISK_FULL when copies do not fit into the cache. */
export async function readingPaths(
  adds: readonly AddFile[],
  store: TableStore,
  readsRemotely: boolean,
): Promise<string[]> {
  const fetched = adds.filter(({ size }) => !readsRemotely || Number(size) <= FETCHED_BYTES);
  const copies = await localDataPaths(fetched, store);
  const copyOf = new Map(fetched.map((add, index) => [add, copies[index]]));
  return adds.map((add) => copyOf.get(add) ?? dataPath(add, store).path);
}
