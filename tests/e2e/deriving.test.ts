import { expect, it } from 'vitest';
import { eventually, exchangeAt, query, start, temporaryFolder } from '../support/program.ts';
import { simulatorFor } from '../support/simulator.ts';

it('`both --bars` derives after each commit of bars, and ends with the collectors', async () => {
  const simulator = await simulatorFor({});
  const lake = await temporaryFolder();
  const env = { ...exchangeAt(simulator), CRYPTO_LAKE_FLUSH: '2s' };
  const collector = start(['both', '--bars', '--interval', '2', '--lake', lake], { env });
  try {
    const rows = await eventually(
      'indicators are there',
      async () => {
        const found = await query(lake, 'SELECT DISTINCT timeframe FROM indicators').catch(() => []);
        return found.length > 0 ? found : undefined;
      },
      60_000,
    );
    expect(rows).toContainEqual({ timeframe: '1m' });
  } finally {
    collector.kill('SIGTERM');
  }
  expect((await collector.finished).code).toBe(0);
}, 120_000);
