import { join } from 'node:path';
import { barLake } from '../bars.js';
import { measure } from '../measure.js';

/** What is computed, without reading or writing. */
export default {
  title: 'The 13 indicators alone, of bars in memory, on one core',
  note: 'Ours goes bar by bar, as it does live',
  goals: { 'bars/s': '≥ 700000' },
  prepare: ({ root, smoke }) => barLake(root, smoke ? { symbols: 3, days: 3 } : { symbols: 30, days: 60 }),
  async ours({ here, smoke }) {
    const args = [join(here, 'ours', 'indicators.js'), smoke ? '2000' : '200000'];
    return { 'bars/s': Number((await measure(process.execPath, args, { capture: true })).stdout) };
  },
  peers: {
    async 'polars-talib'({ here, python }, lake) {
      const args = [join(here, 'peers', 'indicators.py'), lake];
      return { 'bars/s': Number((await measure(python, args, { capture: true })).stdout) };
    },
  },
};
