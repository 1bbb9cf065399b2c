/** Can the lake be written: a file made, synced and removed in it, and may we write in the folders that are there? */
import { randomUUID } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { refusalReason } from '../../base/disk-errors.ts';
import { syncFolder } from '../../base/durable/sync-path.ts';
import { writeSynced } from '../../base/durable/write-synced.ts';
import { systemCodeOf } from '../../base/errors.ts';
import type { Check } from '../check.ts';

export function lakeWritable(lake: string, spool: string): Check {
  return {
    name: 'lake',
    async run() {
      const place = await existingPart(lake);
      for (const folder of place === lake ? await foldersOf(lake, spool) : [place]) {
        try {
          await writeAndSync(folder);
        } catch (error) {
          return {
            status: 'fail',
            text: `${folder} cannot be written: ${refusalReason(error)}`,
            fix: 'give it to the user that collects (`sudo chown -R USER FOLDER`), or choose another lake with `--lake`',
          };
        }
      }
      const text =
        place === lake
          ? `${lake} can be written, and a sync reaches the disk`
          : `${lake} is not there yet; it can be made`;
      return { status: 'ok', text };
    },
  };
}

/** The folder, or the nearest above it that exists. */
export async function existingPart(folder: string): Promise<string> {
  try {
    await stat(folder);
    return folder;
  } catch (error) {
    const above = dirname(folder);
    if (systemCodeOf(error) !== 'ENOENT' || above === folder) return folder;
    return existingPart(above);
  }
}

/** A small file made, synced and removed. */
export async function writeAndSync(folder: string): Promise<void> {
  const path = join(folder, `.doctor-${randomUUID()}.tmp`);
  try {
    await writeSynced(path, 'crypto-lake doctor\n');
    await syncFolder(folder);
  } finally {
    await rm(path, { force: true });
  }
}

/** The lake, its tables and its spools: one may belong to another user, as after one run with `sudo`. */
async function foldersOf(lake: string, spool: string): Promise<string[]> {
  const inside = await subfolders(lake);
  return [lake, ...inside, ...(await subfolders(spool))];
}

async function subfolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  // Scratch folders of other runs come and go.
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => join(folder, name));
}
