import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { eventually, exchangeAt, query, start, temporaryFolder } from '../support/program.ts';
import { simulatorFor } from '../support/simulator.ts';

it('a lake that is moved away under its collector is not begun anew; when it is back, nothing is lost or doubled', async () => {
  const folder = await temporaryFolder();
  const [lake, elsewhere] = [join(folder, 'lake'), join(folder, 'elsewhere')];
  const simulator = await simulatorFor({ market: 'steady', framesPerSecond: 100, pingIntervalMs: 100 });
  const child = start(['liquidations', '--lake', lake], {
    env: { ...exchangeAt(simulator), CRYPTO_LAKE_FLUSH: '500ms' },
  });
  let log = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  const count = (text: string) => log.split(text).length - 1;
  const orders = async () => {
    const sent = simulator.stats().distinctOrders;
    await eventually('orders are sent', () => simulator.stats().distinctOrders > sent + 100);
  };
  await eventually('something is stored', () => count('"stored"') > 2);

  await rename(lake, elsewhere);
  await mkdir(lake, { recursive: true });
  await eventually('it is reported', () => log.includes('no segment can be begun'));
  const stored = count('"stored"');
  await orders();
  // Longer than the lock, the status and the spool need to look at their files again.
  await simulator.confirm();
  await new Promise((resolve) => setTimeout(resolve, 6000));
  // What was being stored at the move may have left a data file, of which no log knows.
  const begun = (await readdir(lake, { recursive: true })).filter((name) => /_delta_log|_spool/.test(name));
  expect(begun).toEqual([]);
  expect(count('"stored"')).toBe(stored);
  expect(count('no segment can be begun')).toBe(1);
  expect(count('storing failed')).toBeLessThanOrEqual(1);
  expect(log).toMatch(/"code":"LAKE_UNWRITABLE","hint":".*no segment can be begun.*its folder is gone/);

  await rm(lake, { recursive: true });
  await rename(elsewhere, lake);
  await eventually('it goes on', () => count('"stored"') > stored + 2);
  await orders();
  await simulator.confirm();
  child.kill('SIGTERM');
  expect((await child.finished).code).toBe(0);
  const [row] = await query(
    lake,
    'SELECT count(*) AS n, count(DISTINCT (market, symbol, side, trade_time, quantity, price, average_price, filled_quantity)) AS d FROM liquidation',
  );
  const confirmed = simulator.truth().liquidations.filter(({ isConfirmed }) => isConfirmed).length;
  expect(row?.n).toBe(row?.d);
  expect(Number(row?.n)).toBeGreaterThanOrEqual(confirmed);
  const gaps = await query(lake, 'SELECT count(*) AS n FROM coverage_gaps WHERE length > INTERVAL 5 SECOND');
  expect(gaps).toEqual([{ n: 0 }]);
  const left = await readdir(join(lake, '_spool', 'liquidations'));
  expect(left.filter((name) => name.includes('.segment'))).toEqual([]);
}, 60_000);
