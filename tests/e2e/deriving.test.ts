import { expect, it, onTestFinished } from 'vitest';
import { eventually, exchangeAt, query, start, temporaryFolder } from '../support/program.ts';
import { simulatorFor } from '../support/simulator.ts';

/** The minute in which it starts is not whole: its bars come by REST, some seconds after its end. */
const FIRST_BARS_MS = 150_000;

it('`both --bars` derives after each commit of bars, and ends with the collectors', async () => {
  const simulator = await simulatorFor({});
  const lake = await temporaryFolder();
  const env = { ...exchangeAt(simulator), CRYPTO_LAKE_FLUSH: '2s' };
  const collector = start(['both', '--bars', '--interval', '2', '--lake', lake], { env });
  onTestFinished(async () => {
    collector.kill('SIGKILL');
    await collector.finished;
  });
  const rows = await eventually(
    'indicators are there',
    async () => {
      const found = await query(lake, 'SELECT DISTINCT timeframe FROM indicators').catch(() => []);
      return found.length > 0 ? found : undefined;
    },
    FIRST_BARS_MS,
  );
  expect(rows).toContainEqual({ timeframe: '1m' });
  collector.kill('SIGTERM');
  expect((await collector.finished).code).toBe(0);
}, 200_000);
