import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { measure } from '../measure.js';

const MEMORY_FOLDER = '/dev/shm';

/** What a year of `derive --follow` and upkeep leaves behind, in fast motion; see `ours/derive-year.js`. */
export default {
  title:
    'A year of `derive --follow` with a moved clock: 3 symbols of 1m bars, one of them featured, and upkeep',
  note: 'The 8 days up to each look have 12 increments and an upkeep each, of those between five are taken in at once: what they leave in the log is cleaned up before anyone looks. Files are those of a partition: each day has partitions of its own for ever. The lake is in memory: thousands of synced commits would be a bench of the disk',
  goals: {
    'files a partition, last / before': '≤ 1.2',
    'log entries, last / before': '≤ 1.2',
    'an increment, last / before': '≤ 1.2',
    'resident MiB, last / before': '≤ 1.2',
  },
  rounds: 1,
  async ours({ folder, here, smoke }) {
    const place =
      process.platform === 'linux' ? mkdtempSync(join(MEMORY_FOLDER, 'crypto-lake-bench-')) : folder;
    try {
      const args = [join(here, 'ours', 'derive-year.js'), join(place, 'lake'), ...(smoke ? ['smoke'] : [])];
      const { stdout, seconds } = await measure(process.execPath, args, { capture: true });
      return { ...JSON.parse(stdout), 'minutes taken': seconds / 60 };
    } finally {
      if (place !== folder) rmSync(place, { recursive: true, force: true });
    }
  },
};
