import { expect, it } from 'vitest';
import { eventually, exchangeAt, query, start, temporaryFolder } from '../support/program.ts';
import { simulatorFor } from '../support/simulator.ts';

it('silence of the liquidations alone is unproven from its beginning to its end, over segments and new sockets', async () => {
  const simulator = await simulatorFor({ market: 'steady', framesPerSecond: 50 });
  const lake = await temporaryFolder();
  const collector = start(['liquidations', '--lake', lake], {
    env: { ...exchangeAt(simulator), CRYPTO_LAKE_FLUSH: '500ms', CRYPTO_LAKE_UNPROVEN_AFTER: '1500ms' },
  });
  await eventually('orders are sent', () => simulator.stats().distinctOrders > 50);
  const fromMs = Date.now();
  const end = simulator.setFault({ fault: 'liquidations-silent' });
  await eventually('both sockets are replaced', () => simulator.stats().connections >= 4);
  const stored = async () =>
    Number((await query(lake, 'SELECT max(epoch_ms(ended_at)) AS n FROM coverage'))[0]?.n);
  const replacedMs = Date.now();
  await eventually('segments of it are stored', async () => (await stored()) > replacedMs + 500);
  const toMs = Date.now();
  end();
  const sent = simulator.stats().distinctOrders;
  await eventually('orders flow again', () => simulator.stats().distinctOrders > sent + 100);
  await simulator.confirm();
  const provenMs = Date.now();
  collector.kill('SIGTERM');
  const { code, stderr } = await collector.finished;
  expect(code).toBe(0);
  expect(stderr.split('the span is marked unproven').length - 1).toBe(1);
  const [gap] = await query(
    lake,
    "SELECT epoch_ms(started_at) AS f, epoch_ms(ended_at) AS t FROM coverage_gaps WHERE reason = 'liquidations silent' ORDER BY length DESC LIMIT 1",
  );
  expect(Math.abs(Number(gap?.f) - fromMs)).toBeLessThan(1000);
  expect(Number(gap?.t)).toBeGreaterThanOrEqual(toMs - 100);
  expect(Number(gap?.t)).toBeLessThan(provenMs);
  // The first liquidation after it ends the unproven span, also for the segments that follow.
  const again = `SELECT * FROM coverage WHERE state = 'unproven' AND epoch_ms(started_at) > ${Number(gap?.t)}`;
  expect(await query(lake, again)).toEqual([]);
}, 60_000);
