import { join } from 'node:path';
import { barLake, cloneTables, measureOnClone, watch } from '../bars.js';
import { measure, PROGRAM } from '../measure.js';

const TABLES = ['bars_1m', 'bars_rollup', 'indicators', 'quality', 'symbols'];

/** What becomes due when symbols are featured whose bars are there. */
export default {
  title: '81 features at 5m, 1h and 1d of 30 symbols × 60 days (563,000 rows), committed',
  note: 'Ours syncs, and has liquidations, holes and `known_at`; the peer has 76 features without them',
  goals: { s: '≤ 0.8 ×', 'peak MiB': '≤ 0.3 ×' },
  rounds: 3,
  async prepare({ root, folder, smoke }) {
    const { symbols, days } = smoke ? { symbols: 3, days: 3 } : { symbols: 30, days: 60 };
    const lake = cloneTables(await barLake(root, { symbols, days }), join(folder, 'lake'), ['bars_1m']);
    await watch(lake, symbols, 0);
    await measure(process.execPath, [PROGRAM, 'derive', '--lake', lake]);
    await watch(lake, symbols, symbols);
    return lake;
  },
  ours: ({ folder }, lake, round) =>
    measureOnClone(lake, join(folder, `ours-${round}`), TABLES, (copy) =>
      measure(process.execPath, [PROGRAM, 'derive', '--lake', copy]),
    ),
  peers: {
    'polars, polars-talib, delta-rs': ({ folder, python, here }, lake, round) =>
      measureOnClone(lake, join(folder, `peer-${round}`), TABLES, (copy) =>
        measure(python, [join(here, 'peers', 'features.py'), copy]),
      ),
  },
};
