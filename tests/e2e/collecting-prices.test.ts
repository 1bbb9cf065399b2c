import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SimulatorOptions } from '../../src/simulator/simulator.ts';
import { eventually, exchangeAt, query, run, start, temporaryFolder } from '../support/program.ts';
import { simulatorFor } from '../support/simulator.ts';

const simulate = (options: SimulatorOptions = {}) =>
  simulatorFor({ market: 'steady', framesPerSecond: 50, ...options });

const FAST = { CRYPTO_LAKE_FLUSH: '1s' };

async function storedOrders(lake: string): Promise<number> {
  const [row] = await query(lake, 'SELECT count(*) AS n FROM liquidation');
  return Number(row?.n);
}

describe('crypto-lake both', () => {
  it('goes on with liquidations while prices fail', async () => {
    const simulator = await simulate();
    const lake = await temporaryFolder();
    const env = { ...exchangeAt(simulator), ...FAST, BINANCE_SPOT_REST_URL: 'http://127.0.0.1:1' };
    const collector = start(['both', '--interval', '2', '--lake', lake], { env });
    await eventually('orders are sent', () => simulator.stats().distinctOrders > 150);
    await eventually('a failed poll is in coverage', async () => {
      const rows = await query(
        lake,
        "SELECT count(*) AS n FROM coverage WHERE state = 'poll_failed' AND ended_at IS NOT NULL",
      );
      return Number(rows[0]?.n) > 0;
    });
    collector.kill('SIGINT');
    expect((await collector.finished).code).toBe(0);
    expect(await storedOrders(lake)).toBeGreaterThan(100);
  }, 60_000);

  it('writes nothing into the working folder and never shows the key', async () => {
    const simulator = await simulate();
    const [cwd, lake] = [await temporaryFolder(), await temporaryFolder()];
    const env = {
      ...exchangeAt(simulator),
      ...FAST,
      LOG_TO_FILE: 'false',
      API_KEY: 'sk-do-not-show',
      LOG_LEVEL: 'trace',
    };
    const collector = start(['both', '--interval', '2', '--lake', lake, '-vv'], { env, cwd });
    await eventually('orders are sent', () => simulator.stats().distinctOrders > 100);
    collector.kill('SIGTERM');
    const { stdout, stderr } = await collector.finished;
    expect(await readdir(cwd)).toEqual([]);
    expect(stdout + stderr).not.toContain('sk-do-not-show');
  });
});

describe('crypto-lake prices', () => {
  it('stores how far the clock is off with its polls, and warns', async () => {
    const simulator = await simulate();
    simulator.setFault({ fault: 'clock-skew', offsetMs: -3000 });
    const lake = await temporaryFolder();
    const env = { ...exchangeAt(simulator), ...FAST };
    const collector = start(['prices', '--interval', '2', '--lake', lake], { env });
    const offset = async () => {
      const [row] = await query(lake, "SELECT min(clock_offset_us) AS us FROM coverage WHERE state = 'poll'");
      return Number(row?.us ?? 0);
    };
    await eventually('it is stored', async () => Math.abs((await offset()) + 3_000_000) < 500_000);
    collector.kill('SIGTERM');
    expect((await collector.finished).stderr).toContain('off by more than a second');
  });

  it('ends with 4 when the region was blocked, also when SIGTERM ends the liquidations beside it', async () => {
    const simulator = await simulate();
    // A host of its own, as the real ones: what one host refuses binds all that ask it.
    const blocked = await simulate();
    blocked.setFault({ fault: 'http-status', status: 451, on: 'rest', path: '/api/v3/ticker' });
    const lake = await temporaryFolder();
    const collector = start(['both', '--interval', '2', '--lake', lake], {
      env: { ...exchangeAt(simulator), ...FAST, BINANCE_SPOT_REST_URL: blocked.restUrl },
    });
    let log = '';
    collector.stderr?.on('data', (chunk: Buffer) => {
      log += chunk.toString();
    });
    await eventually('prices end', () => log.includes('prices ended'));
    await eventually('orders are sent', () => simulator.stats().distinctOrders > 20);
    collector.kill('SIGTERM');
    const { code, stderr } = await collector.finished;
    expect(code).toBe(4);
    expect(stderr).toMatch(/^error: .*451.*\[EXCHANGE_BLOCKED\]\nhint: /m);
    expect(await storedOrders(lake)).toBeGreaterThan(0);
  });
});

describe('crypto-lake once', () => {
  it('says one line and exits 0, also three times at once', async () => {
    const simulator = await simulate();
    const lake = await temporaryFolder();
    const runs = await Promise.all(
      [1, 2, 3].map(() => run(['once', '--lake', lake], { env: exchangeAt(simulator) })),
    );
    for (const { code, stderr } of runs) {
      expect(stderr).toMatch(/^stored \d+ prices in [\d.]+ s\n$/);
      expect(code).toBe(0);
    }
    const rows = await query(
      lake,
      'SELECT count(*) AS n, count(DISTINCT (symbol, collected_at)) AS d, count(DISTINCT collected_at) AS polls FROM prices',
    );
    expect(rows[0]?.n).toBe(rows[0]?.d);
    expect(Number(rows[0]?.polls)).toBe(3);
  });

  it.each([
    ['answers HTML', { fault: 'html-body' } as const, 4, /not JSON/],
    ['blocks the region', { fault: 'http-status', status: 451, on: 'rest' } as const, 4, /451/],
    [
      'has banned us',
      { fault: 'http-status', status: 418, on: 'rest', retryAfterSeconds: 3600 } as const,
      4,
      /banned.*until/,
    ],
    ['keeps failing', { fault: 'http-status', status: 500, on: 'rest' } as const, 4, /500/],
  ])('exits 4 with error and hint when the exchange %s', async (_, fault, code, error) => {
    const simulator = await simulate({ market: 'none' });
    simulator.setFault(fault);
    const lake = await temporaryFolder();
    const done = await run(['once', '--lake', lake], { env: exchangeAt(simulator) });
    expect(done.code).toBe(code);
    expect(done.stderr).toMatch(error);
    expect(done.stderr).toMatch(/^error: .*\nhint: /m);
    expect(done.stderr).not.toMatch(/\n\s+at /);
  });

  it('remembers a ban over a restart and does not ask again', async () => {
    const simulator = await simulate({ market: 'none' });
    const end = simulator.setFault({
      fault: 'http-status',
      status: 418,
      on: 'rest',
      retryAfterSeconds: 3600,
    });
    const lake = await temporaryFolder();
    await run(['once', '--lake', lake], { env: exchangeAt(simulator) });
    end();
    const requests = simulator.stats().lastRequests.length;
    const again = await run(['once', '--lake', lake], { env: exchangeAt(simulator) });
    expect(again.code).toBe(4);
    expect(again.stderr).toMatch(/banned this address until/);
    expect(simulator.stats().lastRequests.length).toBe(requests);
  });

  it('keeps the neighbours of a bad ticker row', async () => {
    const simulator = await simulate({ market: 'none' });
    simulator.setFault({ fault: 'bad-ticker-rows' });
    const lake = await temporaryFolder();
    expect((await run(['once', '--lake', lake], { env: exchangeAt(simulator) })).code).toBe(0);
    const [row] = await query(
      lake,
      'SELECT (SELECT count(*) FROM prices) AS good, (SELECT count(*) FROM quarantine) AS bad',
    );
    expect(Number(row?.good)).toBeGreaterThan(400);
    expect(Number(row?.bad)).toBeGreaterThan(0);
  });

  it('leaves a lake in order when a table cannot be written, and stores the answer at the next run', async () => {
    const simulator = await simulate({ market: 'none' });
    const lake = await temporaryFolder();
    await writeFile(join(lake, 'prices'), 'a file where the table should be');
    const failed = await run(['once', '--lake', lake], { env: exchangeAt(simulator) });
    expect(failed.code).not.toBe(0);
    await rm(join(lake, 'prices'));
    expect((await run(['once', '--lake', lake], { env: exchangeAt(simulator) })).code).toBe(0);
    const [row] = await query(lake, 'SELECT count(DISTINCT collected_at) AS polls FROM prices');
    expect(Number(row?.polls)).toBe(2);
  });
});
