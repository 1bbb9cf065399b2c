import { join } from 'node:path';
import { compactByDeltaRs, compactByOurs } from '../compact-sides.js';
import { tenMillion } from '../data.js';

const clone = ({ folder }, from, name) => ({ from, to: join(folder, name) });

/** `crypto-lake compact`, which proves every row before it commits, beside delta-rs's z-order. */
export default {
  title:
    '10,000,000 rows (400 files, 2 days) sorted by symbol and time, from the start of the process to its end',
  note: 'Ours compares count and hash of all rows read and written before it commits, delta-rs does not',
  goals: { seconds: '≤ 0.9 ×', 'peak MiB': '≤ 0.75 ×' },
  prepare: tenMillion,
  ours: (context, lake, round) => compactByOurs(clone(context, lake, `ours-${round}`)),
  peers: {
    'delta-rs': (context, lake, round) =>
      compactByDeltaRs(context, clone(context, lake, `delta-rs-${round}`), 'z_order'),
    'delta-rs, spilling': (context, lake, round) =>
      compactByDeltaRs(context, clone(context, lake, `spilling-${round}`), 'z_order', 'spill'),
    'delta-rs, one task': (context, lake, round) =>
      compactByDeltaRs(context, clone(context, lake, `one-task-${round}`), 'z_order', 'least'),
  },
  beside: {
    'ours, 256 MB': (context, lake, round) =>
      compactByOurs(clone(context, lake, `ours-256-${round}`), ['--memory', '256MB']),
  },
};
