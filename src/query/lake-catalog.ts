/** The tables of a lake: every folder in it with a `_delta_log`, and the lake's own ones that do not exist yet. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LakeError, systemCodeOf } from '../errors.ts';

/** @returns names of the tables in the lake, sorted. @throws LakeError TABLE_DAMAGED for a file in a table's place. */
export async function listTables(lake: string, expected: readonly string[]): Promise<string[]> {
  const names: string[] = [];
  for (const entry of await readFolder(lake)) {
    if (entry.name.startsWith('_') || entry.name.startsWith('.')) continue;
    if (entry.isDirectory() && (await isFolder(join(lake, entry.name, '_delta_log')))) names.push(entry.name);
    else if (!entry.isDirectory() && expected.includes(entry.name)) {
      throw new LakeError(
        'TABLE_DAMAGED',
        `\`${join(lake, entry.name)}\` is a file where the table \`${entry.name}\` should be`,
        {
          hint: 'move the file away',
        },
      );
    }
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
