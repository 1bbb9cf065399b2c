import { join } from 'node:path';
import { barLake, measureOnClone, watch } from '../bars.js';
import { measure, PROGRAM } from '../measure.js';

const TABLES = ['bars_1m', 'symbols'];
const SIZE = { symbols: 30, days: 60 };
const SMOKE = { symbols: 3, days: 3 };

/** Everything that is made of one-minute bars but features, and committed. */
export default {
  title:
    '30 symbols × 60 days of 1m bars (2,592,000) → bars of five lengths and 13 indicators at all six (3,330,000 rows), committed',
  note: 'Ours syncs, and has holes, corrections, `known_at`, exact sums and the checks of quality; the peer has none of these, and begins no series at its anchor',
  goals: { s: '≤ 0.8 ×', 'peak MiB': '≤ 0.15 ×' },
  rounds: 3,
  async prepare({ root, smoke }) {
    const size = smoke ? SMOKE : SIZE;
    const lake = await barLake(root, size);
    await watch(lake, size.symbols, 0);
    return lake;
  },
  ours: ({ folder }, lake, round) =>
    measureOnClone(lake, join(folder, `ours-${round}`), TABLES, (copy) =>
      measure(process.execPath, [PROGRAM, 'derive', '--lake', copy]),
    ),
  peers: {
    'polars, polars-talib, delta-rs': ({ folder, python, here }, lake, round) =>
      measureOnClone(lake, join(folder, `peer-${round}`), TABLES, (copy) =>
        measure(python, [join(here, 'peers', 'derive.py'), copy]),
      ),
  },
};
