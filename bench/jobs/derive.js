import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { barLake, cloneTables } from '../bars.js';
import { measure, PROGRAM } from '../measure.js';

/** Everything that is made of one-minute bars but features, and committed. */
export default {
  title:
    '30 symbols × 60 days of 1m bars (2,592,000) → bars of five lengths and 13 indicators at all six, committed. Ours syncs, adds holes, corrections, `known_at` and the anchor; the peer does none of that',
  goals: { s: '≤ 0.8 ×', 'peak MiB': '≤ 0.15 ×' },
  rounds: 3,
  prepare: ({ root, smoke }) => barLake(root, smoke ? { symbols: 3, days: 3 } : { symbols: 30, days: 60 }),
  ours: ({ folder }, lake, round) =>
    on(lake, join(folder, `ours-${round}`), (copy) =>
      measure(process.execPath, [PROGRAM, 'derive', '--only', 'bars,indicators', '--lake', copy]),
    ),
  peers: {
    'polars, polars-talib, delta-rs': ({ folder, python, here }, lake, round) =>
      on(lake, join(folder, `peer-${round}`), (copy) =>
        measure(python, [join(here, 'peers', 'derive.py'), copy]),
      ),
  },
};

async function on(lake, copy, run) {
  cloneTables(lake, copy, ['bars_1m']);
  const { seconds, peakMiB } = await run(copy);
  rmSync(copy, { recursive: true });
  return { s: seconds, 'peak MiB': peakMiB };
}
