import { join } from 'node:path';
import { measure } from '../measure.js';

/** What a year of upkeep leaves behind, in fast motion; see `ours/year.js` for what is moved and what is scaled down. */
export default {
  title:
    'A year of a busy collector with a moved clock: prices of 450 symbols, 1,440 commits a day, upkeep each hour',
  note: 'Of the days whose commits are cleaned up before anyone looks (all but the 9 before each look) only 4 commits are made, so that the bytes of a real year are more; the number of files is not',
  goals: { 'log entries, last / before': '≤ 1.1', 'snapshot load, last / before': '≤ 1.5' },
  rounds: 1,
  async ours({ folder, here, smoke }) {
    const args = [join(here, 'ours', 'year.js'), join(folder, 'lake'), ...(smoke ? ['smoke'] : [])];
    const { stdout, seconds } = await measure(process.execPath, args, { capture: true });
    return { ...JSON.parse(stdout), 'minutes taken': seconds / 60 };
  },
};
