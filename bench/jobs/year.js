import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { measure } from '../measure.js';

const MEMORY_FOLDER = '/dev/shm';
const NEEDED_BYTES = 4e9;

/** What a year of upkeep leaves behind, in fast motion; see `ours/year.js` for what is moved and what is scaled down. */
export default {
  title:
    'A year of a busy collector with a moved clock: prices of 450 symbols, 1,440 commits a day, upkeep each hour',
  note: 'Of the days whose commits are cleaned up before anyone looks (all but the 8 up to each look) only 4 commits are made: a real year has more bytes, not more files. The lake is in memory where there is room: 24,000 synced commits would be a bench of the disk',
  goals: { 'log entries, last / before': '≤ 1.1', 'snapshot load, last / before': '≤ 1.5' },
  rounds: 1,
  async ours({ folder, here, smoke }) {
    const place = hasRoom() ? mkdtempSync(join(MEMORY_FOLDER, 'crypto-lake-bench-')) : folder;
    try {
      const args = [join(here, 'ours', 'year.js'), join(place, 'lake'), ...(smoke ? ['smoke'] : [])];
      const { stdout, seconds } = await measure(process.execPath, args, { capture: true });
      return { ...JSON.parse(stdout), 'minutes taken': seconds / 60 };
    } finally {
      if (place !== folder) rmSync(place, { recursive: true, force: true });
    }
  },
};

function hasRoom() {
  try {
    const { bavail, bsize } = statfsSync(MEMORY_FOLDER);
    return bavail * bsize > NEEDED_BYTES;
  } catch {
    return false;
  }
}
