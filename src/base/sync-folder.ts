import { open } from 'node:fs/promises';

/** Makes what was created, renamed or removed in a folder outlive a power loss. */
export async function syncFolder(path: string): Promise<void> {
  // Windows has no handle to a folder that could be synced.
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
