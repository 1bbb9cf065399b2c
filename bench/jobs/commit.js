import { join } from 'node:path';
import { appendBatch } from '../../dist/ingest/write/append-batch.js';
import { openLakeTable } from '../../dist/lake/open-lake-table.js';
import { LIQUIDATION_TABLE } from '../../dist/lake/tables/liquidation.js';
import { orders } from '../data.js';
import { measure } from '../measure.js';
import { median, quantile } from '../statistics.js';

/** Commits in a row by one process; delta-rs in its best way, the table reopened every 100 and checkpointed every 10. */
export default {
  title: '1,000 commits of 500 rows in a row: medians of the first and of the last hundred',
  goals: {
    'first 100, ms': '≤ 10',
    'last 100 / first 100': '≤ 1.2',
    'p99, ms': '≤ 25',
  },
  async ours({ folder, smoke }, _, round) {
    const commits = smoke ? 20 : 1000;
    const table = await openLakeTable(join(folder, `ours-${round}`), LIQUIDATION_TABLE);
    const batch = orders(500);
    const times = [];
    for (let version = 1; version <= commits; version++) {
      const started = performance.now();
      await appendBatch(table, batch, { appId: 'bench', version });
      times.push(performance.now() - started);
    }
    const part = Math.min(100, commits / 2);
    const [first, last] = [median(times.slice(0, part)), median(times.slice(-part))];
    return {
      'first 100, ms': first,
      'last 100, ms': last,
      'last 100 / first 100': last / first,
      'p99, ms': quantile(times, 0.99),
    };
  },
  peers: { 'delta-rs': commitByDeltaRs },
};

async function commitByDeltaRs({ folder, smoke, python, here }, _, round) {
  const script = join(here, 'peers', 'commit.py');
  const { stdout } = await measure(python, [script, join(folder, `peer-${round}`), smoke ? '20' : '1000'], {
    capture: true,
  });
  return JSON.parse(stdout);
}
