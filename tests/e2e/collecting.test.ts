import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SimulatorOptions } from '../../src/simulator/simulator.ts';
import { eventually, exchangeAt, query, run, start, temporaryFolder } from '../support/program.ts';
import { simulatorFor } from '../support/simulator.ts';

const simulate = (options: SimulatorOptions = {}) =>
  simulatorFor({ market: 'steady', framesPerSecond: 50, ...options });

const FAST = { CRYPTO_LAKE_FLUSH: '1s' };

/** How many liquidations are stored, and how many of them are different orders. */
async function stored(lake: string): Promise<{ rows: number; distinct: number }> {
  const [row] = await query(
    lake,
    'SELECT count(*) AS n, count(DISTINCT (market, symbol, side, trade_time, quantity, price, average_price, filled_quantity)) AS d FROM liquidation',
  );
  return { rows: Number(row?.n), distinct: Number(row?.d) };
}

describe('crypto-lake liquidations', () => {
  it('stores each order once though two sockets deliver it, and ends well on SIGTERM', async () => {
    const simulator = await simulate();
    const lake = await temporaryFolder();
    const collector = start(['liquidations', '--lake', lake], { env: { ...exchangeAt(simulator), ...FAST } });
    await eventually('orders are sent', () => simulator.stats().distinctOrders > 150);
    await simulator.confirm();
    collector.kill('SIGTERM');
    const sent = simulator.truth().liquidations.filter(({ isConfirmed }) => isConfirmed).length;
    const { code, stderr } = await collector.finished;
    expect(code).toBe(0);
    expect(stderr).toMatch(/rows stored/);
    const { rows, distinct } = await stored(lake);
    expect(rows).toBe(distinct);
    expect(rows).toBeGreaterThanOrEqual(sent);
  });

  it('loses nothing that was stored in the spool when it is killed again and again, and doubles nothing', async () => {
    const simulator = await simulate({ framesPerSecond: 200 });
    const lake = await temporaryFolder();
    for (let round = 0; round < 4; round++) {
      const before = simulator.stats().connections;
      const collector = start(['liquidations', '--lake', lake], {
        env: { ...exchangeAt(simulator), ...FAST },
      });
      await eventually('it listens', () => simulator.stats().connections >= before + 2);
      const sentBefore = simulator.stats().distinctOrders;
      await eventually(
        'orders are sent',
        () => simulator.stats().distinctOrders > sentBefore + 200 + round * 37,
      );
      await simulator.confirm(2000);
      // What was confirmed has been handed to the program; the spool syncs within milliseconds.
      await new Promise((resolve) => setTimeout(resolve, 50));
      collector.kill('SIGKILL');
      await collector.finished;
    }
    const confirmed = simulator.truth().liquidations.filter(({ isConfirmed }) => isConfirmed).length;
    const connections = simulator.stats().connections;
    const last = start(['liquidations', '--lake', lake], { env: { ...exchangeAt(simulator), ...FAST } });
    await eventually('it listens', () => simulator.stats().connections > connections);
    await eventually('the spool is stored', async () => (await segments(lake)).length <= 1);
    last.kill('SIGTERM');
    await last.finished;
    const { rows, distinct } = await stored(lake);
    expect(rows).toBe(distinct);
    expect(rows).toBeGreaterThanOrEqual(confirmed);
    const apps = await query(lake, 'SELECT count(DISTINCT source) AS n FROM coverage');
    expect(Number(apps[0]?.n)).toBe(1);
  }, 60_000);

  it('drops what the exchange resends after a reconnect', async () => {
    const simulator = await simulate();
    simulator.setFault({ fault: 'resend-on-reconnect', count: 50 });
    const lake = await temporaryFolder();
    const collector = start(['liquidations', '--lake', lake], { env: { ...exchangeAt(simulator), ...FAST } });
    await eventually('orders are sent', () => simulator.stats().distinctOrders > 100);
    simulator.setFault({ fault: 'reset' });
    await eventually('it is back', () => simulator.stats().connections >= 4);
    const sent = simulator.stats().distinctOrders;
    await eventually('more orders are sent', () => simulator.stats().distinctOrders > sent + 100);
    collector.kill('SIGTERM');
    await collector.finished;
    const { rows, distinct } = await stored(lake);
    expect(rows).toBe(distinct);
  });

  it('refuses a second collector of the same lake at once and names the first', async () => {
    const simulator = await simulate();
    const lake = await temporaryFolder();
    const first = start(['liquidations', '--lake', lake], { env: exchangeAt(simulator) });
    await eventually('the first listens', () => simulator.stats().openConnections >= 2);
    const startedMs = performance.now();
    const second = await run(['liquidations', '--lake', lake], { env: exchangeAt(simulator) });
    expect(second.code).toBe(1);
    expect(second.stderr).toMatch(new RegExp(`error: .*process ${first.pid}.*\\[LAKE_LOCKED\\]\nhint: `));
    expect(performance.now() - startedMs).toBeLessThan(8000);
  });

  it('ends and names the other when it was taken for dead and another collector holds the lake', async () => {
    const simulator = await simulate();
    const lake = await temporaryFolder();
    const collector = start(['both', '--lake', lake], { env: exchangeAt(simulator) });
    await eventually('it listens', () => simulator.stats().distinctOrders > 20);
    for (const source of ['liquidations', 'prices']) {
      const lock = join(lake, '_spool', source, 'lock');
      const holder = { ...JSON.parse(await readFile(lock, 'utf8')), id: 'another', host: 'elsewhere' };
      await writeFile(lock, JSON.stringify(holder));
    }
    const { code, stderr } = await collector.finished;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: .* on elsewhere .*\[LAKE_LOCKED\]$/m);
    // Both the lock and what is in the spool are the other's now.
    expect(await readFile(join(lake, '_spool', 'prices', 'lock'), 'utf8')).toContain('elsewhere');
    expect((await segments(lake)).length).toBeGreaterThan(0);
  });

  it('stores each row once when two machines go on with copies of one spool', async () => {
    const simulator = await simulate();
    const lake = await temporaryFolder();
    // So short a window that only the tables' `txn` can tell that a segment was stored before.
    const env = { ...exchangeAt(simulator), CRYPTO_LAKE_FLUSH: '300ms', CRYPTO_LAKE_DUPLICATE_WINDOW: '1ms' };
    const collect = () => start(['liquidations', '--sockets', '1', '--lake', lake], { env });
    const spool = join(lake, '_spool', 'liquidations');
    const first = collect();
    await eventually('orders are sent', () => simulator.stats().distinctOrders > 100);
    first.kill('SIGKILL');
    await first.finished;
    expect((await segments(lake)).length).toBeGreaterThan(0);
    const copy = join(await temporaryFolder(), 'copy');
    await cp(spool, copy, { recursive: true });
    const goOn = async () => {
      const collector = collect();
      const sent = simulator.stats().distinctOrders;
      await eventually('it goes on', () => simulator.stats().distinctOrders > sent + 50);
      collector.kill('SIGTERM');
      await collector.finished;
      expect(await segments(lake)).toEqual([]);
    };
    await goOn();
    await rm(spool, { recursive: true });
    await cp(copy, spool, { recursive: true });
    const identity = JSON.parse(await readFile(join(spool, 'identity.json'), 'utf8'));
    await writeFile(
      join(spool, 'identity.json'),
      JSON.stringify({ ...identity, machine: 'the other machine' }),
    );
    await goOn();
    const { rows, distinct } = await stored(lake);
    expect(rows).toBe(distinct);
    expect(rows).toBeGreaterThan(150);
  });

  it('stores how far the clock is off and warns, and shows machines whether the lake is fresh', async () => {
    const simulator = await simulate();
    simulator.setFault({ fault: 'clock-skew', offsetMs: 5000 });
    const lake = await temporaryFolder();
    const check = async () => (await run(['tables', '--check', '--max-lag', '10s', '--lake', lake])).code;
    expect(await check()).toBe(3);
    const collector = start(['liquidations', '--lake', lake], { env: { ...exchangeAt(simulator), ...FAST } });
    await eventually('it is fresh', async () => (await check()) === 0);
    collector.kill('SIGTERM');
    expect((await collector.finished).stderr).toContain('off by more than a second');
    expect(await check()).toBe(3);
    const [row] = await query(lake, 'SELECT max(clock_offset_us) AS us FROM coverage');
    expect(Math.abs(Number(row?.us) - 5_000_000)).toBeLessThan(500_000);
  });

  it('replaces a socket that stays open and falls silent, and shows the hole in coverage', async () => {
    const simulator = await simulate();
    const lake = await temporaryFolder();
    const collector = start(['liquidations', '--sockets', '1', '--lake', lake], {
      env: { ...exchangeAt(simulator), ...FAST },
    });
    await eventually('it listens', () => simulator.stats().distinctOrders > 20);
    const silentAtMs = performance.now();
    const end = simulator.setFault({ fault: 'silent-socket' });
    const connections = simulator.stats().connections;
    await eventually('it dials again', () => simulator.stats().connections > connections, 10_000);
    expect(performance.now() - silentAtMs).toBeLessThan(10_000);
    end();
    const sent = simulator.stats().distinctOrders;
    await eventually('orders flow again', () => simulator.stats().distinctOrders > sent + 50);
    await new Promise((resolve) => setTimeout(resolve, 300));
    collector.kill('SIGTERM');
    expect((await collector.finished).code).toBe(0);
    const gaps = await query(lake, 'SELECT reason, epoch(length) AS seconds FROM coverage_gaps');
    expect(gaps.some(({ reason }) => /no message for/.test(String(reason)))).toBe(true);
  }, 60_000);

  it('quarantines malformed frames with their reason and stores their neighbours', async () => {
    const simulator = await simulate();
    const lake = await temporaryFolder();
    const collector = start(['liquidations', '--lake', lake], { env: { ...exchangeAt(simulator), ...FAST } });
    await eventually('it listens', () => simulator.stats().distinctOrders > 20);
    simulator.setFault({ fault: 'malformed' });
    const sent = simulator.stats().distinctOrders;
    await eventually('orders follow', () => simulator.stats().distinctOrders > sent + 50);
    await simulator.confirm();
    collector.kill('SIGTERM');
    const { code, stdout, stderr } = await collector.finished;
    expect(code).toBe(0);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be printed
    expect(stdout + stderr).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f]/);
    const bad = await query(lake, 'SELECT reason, raw FROM quarantine');
    // Each kind of them, as often as it was sent.
    expect(bad.length).toBe(simulator.truth().malformed.length);
    expect(bad.length).toBeGreaterThan(20);
    for (const sign of [
      'X'.repeat(4000),
      '[[[[',
      '__proto__',
      '\\u0000',
      '\\u001b[2J',
      '"NaN"',
      '1e400',
      "'e'",
    ])
      expect(
        bad.some(({ raw }) => String(raw).includes(sign)),
        sign,
      ).toBe(true);
    expect(bad.every(({ reason, raw }) => String(reason).length > 0 && String(raw).length <= 4096)).toBe(
      true,
    );
    const { rows, distinct } = await stored(lake);
    expect(rows).toBe(distinct);
    expect(rows).toBeGreaterThanOrEqual(
      simulator.truth().liquidations.filter(({ isConfirmed }) => isConfirmed).length,
    );
  });

  it.each([
    [429, 4],
    [451, 4],
    [403, 3],
  ])(
    'asks a host that refuses with %i no more than %i times, and still ends quickly',
    async (status, most) => {
      const simulator = await simulate();
      simulator.setFault({ fault: 'http-status', status, on: 'both', retryAfterSeconds: 60 });
      const lake = await temporaryFolder();
      const collector = start(['liquidations', '--lake', lake], {
        env: { ...exchangeAt(simulator), ...FAST },
      });
      await eventually('it is refused', () => simulator.stats().lastRequests.length > 0);
      await new Promise((resolve) => setTimeout(resolve, 3000));
      expect(simulator.stats().lastRequests.length).toBeLessThanOrEqual(most);
      const stopMs = performance.now();
      collector.kill('SIGTERM');
      const { code } = await collector.finished;
      expect(code).toBe(status === 451 ? 4 : 0);
      expect(performance.now() - stopMs).toBeLessThan(5000);
    },
  );
});

async function segments(lake: string): Promise<string[]> {
  return (await readdir(join(lake, '_spool', 'liquidations'))).filter((name) => name.endsWith('.segment'));
}
