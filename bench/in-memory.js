/** A lake in memory, where there is room: thousands of synced commits would be a bench of the disk. */
import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { measure } from './measure.js';

const MEMORY_FOLDER = '/dev/shm';

/** Runs a script of `ours/` on such a lake, with more in its environment. @returns the figures that it prints, and how long it took. */
export async function inMemory({ folder, here, smoke }, script, neededBytes, env = {}) {
  const place = hasRoom(neededBytes) ? mkdtempSync(join(MEMORY_FOLDER, 'crypto-lake-bench-')) : folder;
  try {
    const args = [join(here, 'ours', script), join(place, 'lake'), ...(smoke ? ['smoke'] : [])];
    const { stdout, seconds } = await measure(process.execPath, args, {
      capture: true,
      env: { ...process.env, ...env },
    });
    return { ...JSON.parse(stdout), 'minutes taken': seconds / 60 };
  } finally {
    if (place !== folder) rmSync(place, { recursive: true, force: true });
  }
}

function hasRoom(neededBytes) {
  try {
    const { bavail, bsize } = statfsSync(MEMORY_FOLDER);
    return bavail * bsize > neededBytes;
  } catch {
    return false;
  }
}
