/** The folder of a table that a person names: one of the lake by its name, or any Delta table by its path. */
import { lstat, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { didYouMean } from '../base/did-you-mean.ts';
import { LakeError } from '../base/errors.ts';
import { isObjectStore, joinLocation } from '../base/location.ts';

import { listTables, requireLake } from './lake-catalog.ts';
import { tablePath } from './table-path.ts';

/** @throws LakeError LAKE_NOT_FOUND, TABLE_NOT_FOUND with the name that may have been meant. */
export async function findTable(lake: string, nameOrPath: string): Promise<string> {
  const { name, path } = tablePath(lake, nameOrPath);
  if (isObjectStore(path)) {
    if (path !== joinLocation(lake, name)) return path;
    const names = await listTables(lake, []);
    if (!names.includes(name)) throw noTable(nameOrPath, names);
    return path;
  }
  const exists = await stat(path).then(
    () => true,
    () => false,
  );
  if (exists) return path;
  if (path === join(lake, name)) await requireLake(lake);
  const isLink = await lstat(path).then(
    () => true,
    () => false,
  );
  // Opening it says where it leads.
  if (isLink) return path;
  throw noTable(nameOrPath, await listTables(lake, []));
}

export function noTable(name: string, names: readonly string[]): LakeError {
  return new LakeError('TABLE_NOT_FOUND', `the lake has no table \`${name}\``, {
    hint: didYouMean(name, names),
  });
}
