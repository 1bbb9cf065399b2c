/** Where a data file lies for engines. Whether files outside of the table's folder may be read is the user's decision. */

import { locateFile } from '../format/file-path.ts';
import type { AddFile } from '../log/actions.ts';
import type { TableStore } from './table-store.ts';

export interface DataFilePath {
  readonly path: string;
  readonly isInTable: boolean;
}

/** @throws LakeError TABLE_DAMAGED for a relative path that leaves the table, TABLE_UNSUPPORTED for another storage. */
export function dataPath({ path }: Pick<AddFile, 'path'>, store: TableStore): DataFilePath {
  const location = locateFile(path);
  if (location.kind === 'relative') return { path: store.enginePath(location.name), isInTable: true };
  return { path: location.path, isInTable: location.path.startsWith(`${store.location}/`) };
}
