import { join } from 'node:path';
import { compactByDeltaRs, compactByOursIn } from '../compact-sides.js';
import { smallFiles } from '../data.js';

const LATER_HOURS = 1;
const CLOSED_HOURS = 100;

/** Small files of an open day merged in the order they came, and the same files sorted once the day is closed. */
export default {
  title: '2,000,000 rows in 2,000 small files, 2 days: merged as an open day, and sorted as a closed one',
  note: 'From the start of the process to its end. Ours compares count and hash of all rows before it commits',
  goals: {
    'merge, s': '≤ 1 ×',
    'merge, peak MiB': '≤ 0.8 ×',
    'sort, s': '≤ 0.9 ×',
    'sort, peak MiB': '≤ 0.75 ×',
  },
  prepare: smallFiles,
  async ours(context, from, round) {
    const at = (name) => ({ from, to: join(context.folder, `ours-${name}-${round}`) });
    return figures(
      await compactByOursIn(context, at('merge'), LATER_HOURS),
      await compactByOursIn(context, at('sort'), CLOSED_HOURS),
    );
  },
  peers: {
    async 'delta-rs'(context, from, round) {
      const at = (name) => ({ from, to: join(context.folder, `delta-rs-${name}-${round}`) });
      return figures(
        await compactByDeltaRs(context, at('merge'), 'compact'),
        await compactByDeltaRs(context, at('sort'), 'z_order'),
      );
    },
  },
};

function figures(merge, sort) {
  return {
    'merge, s': merge.seconds,
    'merge, peak MiB': merge['peak MiB'],
    'sort, s': sort.seconds,
    'sort, peak MiB': sort['peak MiB'],
  };
}
