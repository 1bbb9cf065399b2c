/** The tables of a lake: every folder in it with a `_delta_log`, and the lake's own ones that do not exist yet. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LakeError, systemCodeOf } from '../errors.ts';

/** @returns names of the tables in the lake, sorted; also of an expected one where a file is in its place. */
export async function listTables(lake: string, expected: readonly string[]): Promise<string[]> {
  const names: string[] = [];
  for (const entry of await readFolder(lake)) {
    if (entry.name.startsWith('_') || entry.name.startsWith('.')) continue;
    const isTable = entry.isDirectory()
      ? await isFolder(join(lake, entry.name, '_delta_log'))
      : expected.includes(entry.name);
    if (isTable) names.push(entry.name);
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

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (info) => info.isDirectory(),
    () => false,
  );
}
