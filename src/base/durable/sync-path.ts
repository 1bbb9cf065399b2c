/** Makes what was written outlive a power loss. Every call of `fsync` but that of an open segment stands here or beside. */
import { closeSync, fsyncSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';

/** Makes what was created, renamed or removed in a folder outlive a power loss. */
export async function syncFolder(path: string): Promise<void> {
  // Windows has no handle to a folder that could be synced.
  if (process.platform !== 'win32') await syncFile(path);
}

export async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A file or a folder, for a thread that may wait for the disk. */
export function syncPath(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
