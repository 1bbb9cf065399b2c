/** Small state files: written whole, or not at all, also over a power loss. */
import { randomUUID } from 'node:crypto';
import { renameSync, rmSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder, syncPath } from './sync-path.ts';
import { writeSynced, writeSyncedBlocking } from './write-synced.ts';

export async function writeFileAtomic(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  await writeSynced(temporary, text);
  try {
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncFolder(dirname(path));
}

/** The same before anything else happens in this thread: rare, since all wait for the disk. */
export function writeFileAtomicBlocking(path: string, text: string): void {
  const temporary = `${path}.${randomUUID()}.tmp`;
  writeSyncedBlocking(temporary, Buffer.from(text));
  try {
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  if (process.platform !== 'win32') syncPath(dirname(path));
}
