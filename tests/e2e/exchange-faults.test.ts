import { expect, it } from 'vitest';
import type { Fault } from '../../src/simulator/faults/fault.ts';
import { eventually, exchangeAt, query, start, temporaryFolder } from '../support/program.ts';
import { simulatorFor } from '../support/simulator.ts';

/** Each hits one connection, or both where orders come as they should but in another way. */
const FAULTS: readonly Fault[] = [
  { fault: 'duplicates' },
  { fault: 'out-of-order', window: 50 },
  { fault: 'drop-in-burst', orders: 300, after: 100, connection: 'oldest' },
  { fault: 'resend-on-reconnect', count: 100 },
  { fault: 'reset', connection: 'oldest' },
  { fault: 'close', code: 1001, connection: 'newest' },
  { fault: 'rotation', connection: 'oldest' },
  { fault: 'half-open', connection: 'newest' },
  { fault: 'silent-socket', connection: 'oldest' },
];

it('loses and doubles nothing whatever happens to one of two sockets', async () => {
  const simulator = await simulatorFor({ market: 'steady', framesPerSecond: 100, pingIntervalMs: 50 });
  const lake = await temporaryFolder();
  const collector = start(['liquidations', '--lake', lake], {
    env: { ...exchangeAt(simulator), CRYPTO_LAKE_FLUSH: '500ms' },
  });
  const orders = async (count: number) => {
    const sent = simulator.stats().distinctOrders;
    await eventually('orders are sent', () => simulator.stats().distinctOrders > sent + count);
  };
  const ends: Array<() => void> = [];
  for (const fault of FAULTS) {
    await eventually('both listen', () => simulator.stats().openConnections >= 2);
    await orders(50);
    ends.push(simulator.setFault(fault));
    // Some last until then; a resend waits for the reconnects that the next ones bring.
    if (fault.fault !== 'resend-on-reconnect') await orders(60);
    if (fault.fault === 'resend-on-reconnect' || fault.fault === 'reset') continue;
    for (const end of ends.splice(0)) end();
  }
  await orders(150);
  await simulator.confirm();
  collector.kill('SIGTERM');
  expect((await collector.finished).code).toBe(0);
  const [row] = await query(
    lake,
    'SELECT count(*) AS n, count(DISTINCT (market, symbol, side, trade_time, quantity, price, average_price, filled_quantity)) AS d FROM liquidation',
  );
  expect(row?.n).toBe(row?.d);
  const confirmed = simulator.truth().liquidations.filter(({ isConfirmed }) => isConfirmed).length;
  expect(confirmed).toBeGreaterThan(800);
  expect(Number(row?.n)).toBeGreaterThanOrEqual(confirmed);
  // One of the two listened all the time.
  expect(await query(lake, 'SELECT * FROM coverage_gaps')).toEqual([]);
}, 60_000);
