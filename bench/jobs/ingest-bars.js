import { join } from 'node:path';
import { measure } from '../measure.js';

/** Text of closed klines → validated bars, with their ids compared with the minute before → Delta, a full segment a commit. */
export default {
  title: 'Closed 1m bars of 450 symbols, from text to committed rows, a full segment a commit',
  note: 'Each frame is parsed, compared with what is known of its minute and of the one before, and proven by its trade ids; each file and commit is synced. A segment is 12 MiB, or 36,000 frames: with this rate there are several a second. 1,350,000 bars, which are 50 hours of minutes',
  goals: { 'rows/s': '≥ 150,000' },
  async ours({ folder, here, smoke }, _, round) {
    const count = smoke ? 10_000 : 1_350_000;
    const args = [join(here, 'ours', 'ingest-bars.js'), String(count), join(folder, `ours-${round}`)];
    const { stdout, peakMiB } = await measure(process.execPath, args, { capture: true });
    const { rows, ...rate } = JSON.parse(stdout);
    if (rows !== count) throw new Error(`${rows} rows of ${count}`);
    return { ...rate, 'peak MiB': peakMiB };
  },
};
