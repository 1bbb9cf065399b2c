/** The tables of a lake: every folder in it with a `_delta_log`, and what is in the place of its own ones. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LakeError, systemCodeOf } from '../base/errors.ts';
import { isObjectStore } from '../base/location.ts';

/** @returns names of the tables in the lake, sorted; also of an expected one that is a file, or has lost its log. */
export async function listTables(lake: string, expected: readonly string[]): Promise<string[]> {
  if (isObjectStore(lake)) return (await import('./list-s3-tables.ts')).listS3Tables(lake, expected);
  const names: string[] = [];
  for (const entry of await readFolder(lake)) {
    if (entry.name.startsWith('_') || entry.name.startsWith('.')) continue;
    const path = join(lake, entry.name);
    const isTable = entry.isDirectory() && (await isFolder(join(path, '_delta_log')));
    const isExpected = expected.includes(entry.name);
    const isBroken = isExpected && !isTable && (!entry.isDirectory() || (await holdsData(path)));
    if (isTable || isBroken) names.push(entry.name);
  }
  return names.sort();
}

async function readFolder(path: string) {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'ENOENT') return [];
    if (code !== 'ENOTDIR') throw error;
    throw new LakeError('LAKE_UNWRITABLE', `the lake \`${path}\` is not a folder`, {
      hint: 'choose a folder with `--lake` or `CRYPTO_LAKE_DIR`',
    });
  }
}

/** To call a folder that does an empty table would hide its rows. */
export async function holdsData(path: string): Promise<boolean> {
  if (isObjectStore(path)) return (await import('./list-s3-tables.ts')).holdsS3Data(path);
  return (await readdir(path, { recursive: true })).some((name) => name.endsWith('.parquet'));
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (info) => info.isDirectory(),
    () => false,
  );
}
