/** Where a data file lies for engines. Whether files outside of the table's folder may be read is the user's decision. */

import { LakeError } from '../../base/errors.ts';
import { locateFile } from '../format/file-path.ts';
import type { AddFile } from '../log/actions.ts';
import type { TableStore } from './table-store.ts';

export interface DataFilePath {
  readonly path: string;
  readonly isInTable: boolean;
  /** In the store; undefined for a file outside of the table. */
  readonly name?: string;
}

/** @throws LakeError TABLE_DAMAGED for a relative path that leaves the table, TABLE_UNSUPPORTED for another storage. */
export function dataPath({ path }: Pick<AddFile, 'path'>, store: TableStore): DataFilePath {
  const location = locateFile(path);
  if (location.kind === 'relative')
    return { path: store.enginePath(location.name), isInTable: true, name: location.name };
  if (store.folder === undefined) {
    throw new LakeError('TABLE_UNSUPPORTED', `the table \`${store.location}\` names a file of this machine`, {
      hint: 'copy the table with its files',
    });
  }
  const { path: file } = location;
  const isInTable = file.startsWith(`${store.location}/`);
  return { path: file, isInTable, ...(isInTable ? { name: file.slice(store.location.length + 1) } : {}) };
}

/**
 * Where engines of this machine find data files; an object store's are fetched. Files outside of the table are left out.
 * @throws LakeError TABLE_DAMAGED for a file that is missing or leaves the table, DISK_FULL when they do not fit.
 */
export async function localDataPaths(
  adds: ReadonlyArray<Pick<AddFile, 'path' | 'size'>>,
  store: TableStore,
): Promise<string[]> {
  const located = adds.map((add) => ({ sizeBytes: Number(add.size), ...dataPath(add, store) }));
  const inTable = located.filter(({ isInTable }) => isInTable);
  return store.folder === undefined
    ? store.localPaths(
        inTable.flatMap(({ name, sizeBytes }) => (name === undefined ? [] : { name, sizeBytes })),
      )
    : inTable.map(({ path }) => path);
}
