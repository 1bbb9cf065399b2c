import { describe, expect, it } from 'vitest';
import { exchangeAt, query, run, temporaryFolder } from '../support/program.ts';
import { simulatorFor } from '../support/simulator.ts';

const SYMBOLS = 'BTCUSDT,usdm:SOLUSDT';
const DAYS = ['--since', '2025-03-01', '--until', '2025-03-03'];

async function lakeWith() {
  const simulator = await simulatorFor({ market: 'none', symbols: 8 });
  const lake = await temporaryFolder();
  const env = exchangeAt(simulator);
  const backfill = (...args: string[]) =>
    run(['backfill', ...args, '--symbols', SYMBOLS, '--lake', lake], { env });
  return { simulator, lake, backfill };
}

describe('crypto-lake backfill', () => {
  it('stores every minute by REST once, and nothing the second time', async () => {
    const { simulator, lake, backfill } = await lakeWith();
    const done = await backfill('bars', ...DAYS);
    expect(done.code, done.stderr).toBe(0);
    expect(done.stderr).toMatch(/5,760 minutes in at most \d+ requests/);
    expect(done.stderr).toContain('stored 5,760 bars');
    expect((await backfill('bars', ...DAYS)).stderr).toContain('stored 0 bars');
    const [row] = await query(
      lake,
      'SELECT count(*) AS n, count(DISTINCT (market, symbol, open_time)) AS d, min(origin) AS origin FROM bars_1m',
    );
    expect(row).toMatchObject({ n: 5760, d: 5760, origin: 'rest' });
    const bars = await query(
      lake,
      "SELECT * FROM bars_1m WHERE market = 'usdm' AND minute(open_time) = 7 ORDER BY open_time LIMIT 5",
    );
    for (const bar of bars) {
      const expected = simulator.bar('usdm', 'SOLUSDT', Date.parse(String(bar.open_time)));
      expect(bar).toMatchObject({
        close: Number(expected?.close),
        quote_volume: Number(expected?.quote),
        trade_count: expected?.tradeCount,
        completeness: expected?.tradeCount === 0 ? 'quiet' : 'counted',
      });
    }
  }, 60_000);

  it('fills what REST left from the archive, and believes no file that does not fit its checksum', async () => {
    const { simulator, lake, backfill } = await lakeWith();
    await backfill('bars', '--since', '2025-03-01', '--until', '2025-03-02');
    const end = simulator.setFault({ fault: 'bad-checksums' });
    const bad = await backfill('bars', ...DAYS, '--source', 'archive');
    expect(bad.code).toBe(4);
    expect(bad.stderr).toMatch(/error: BTCUSDT-1m-2025-03-02\.zip does not fit its checksum.*\nhint: /);
    end();
    const good = await backfill('bars', ...DAYS, '--source', 'archive');
    expect(good.stderr).toContain('CC BY-NC-SA');
    expect(good.stderr).toContain('stored 2,880 bars');
    const rows = await query(lake, 'SELECT origin, count(*) AS n FROM bars_1m GROUP BY 1 ORDER BY 1');
    expect(rows).toEqual([
      { origin: 'archive', n: 2880 },
      { origin: 'rest', n: 2880 },
    ]);
  }, 60_000);

  it('stores trades by either way, complete by their ids', async () => {
    const { lake, backfill } = await lakeWith();
    const first = await backfill('trades', '--since', '2025-03-01', '--until', '2025-03-01T03:00Z');
    expect(first.code, first.stderr).toBe(0);
    const whole = await backfill(
      'trades',
      '--since',
      '2025-03-01',
      '--until',
      '2025-03-02',
      '--source',
      'archive',
    );
    expect(whole.code, whole.stderr).toBe(0);
    const rows = await query(
      lake,
      `SELECT market, count(*) AS n, count(DISTINCT trade_id) AS ids, max(trade_id) - min(trade_id) + 1 AS span,
  count(DISTINCT origin) AS origins FROM trades GROUP BY 1 ORDER BY 1`,
    );
    expect(rows).toHaveLength(2);
    for (const row of rows) {
      expect(row).toMatchObject({ ids: row.n, span: row.n, origins: 2 });
    }
    expect((await backfill('trades', '--since', '2025-03-01', '--until', '2025-03-02')).stderr).toContain(
      'stored 0',
    );
  }, 60_000);

  it('refuses what it cannot do, with a hint', async () => {
    const { backfill } = await lakeWith();
    for (const args of [
      ['bars', '--since', '2025-03-03', '--until', '2025-03-03'],
      ['bars', '--since', 'yesterday'],
      ['coins', '--since', '2025-03-03'],
      ['bars'],
    ]) {
      const { code, stderr } = await backfill(...args);
      expect(code, args.join(' ')).toBe(2);
      expect(stderr).toMatch(/^error: .*\nhint: /m);
    }
  }, 60_000);
});

describe('crypto-lake reconcile', () => {
  it('finds stored bars equal to bars and to folded trades, and exits 3 when one differs', async () => {
    const { lake, backfill } = await lakeWith();
    await backfill('bars', '--since', '3h');
    const simulator = await simulatorFor({ market: 'none', symbols: 8 });
    const compare = (env: Record<string, string>, against: string) =>
      run(
        [
          'reconcile',
          'bars',
          '--since',
          '2h',
          '--against',
          against,
          '--symbols',
          SYMBOLS,
          '--lake',
          lake,
          '--json',
        ],
        { env },
      );
    for (const against of ['rest', 'trades']) {
      const equal = await compare(exchangeAt(simulator), against);
      expect(equal.code, equal.stderr + equal.stdout).toBe(0);
      const rows = JSON.parse(equal.stdout) as { compared: number; different: number }[];
      for (const row of rows) {
        expect(row.different).toBe(0);
        expect(row.compared).toBeGreaterThan(80);
      }
    }
    const other = await simulatorFor({ market: 'none', symbols: 8, seed: 2 });
    const differs = await compare(exchangeAt(other), 'rest');
    expect(differs.code).toBe(3);
    expect(differs.stderr).toMatch(/bars differ.*\nhint: /);
  }, 60_000);
});
