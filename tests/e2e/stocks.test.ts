import { describe, expect, it } from 'vitest';
import { parseChart } from '../../src/sources/yahoo/parse-chart.ts';
import { eventually, exchangeAt, query, run, start, temporaryFolder } from '../support/program.ts';
import { simulatorFor } from '../support/simulator.ts';

async function openExchange() {
  const simulator = await simulatorFor({ market: 'none', symbols: 8 });
  simulator.setFault({ fault: 'always-open' });
  return simulator;
}

const CHART = '/v8/finance/chart/AAPL';
const chartRequests = (simulator: Awaited<ReturnType<typeof openExchange>>) =>
  simulator.stats().lastRequests.filter(({ url }) => url.startsWith('/v8/finance/chart/'));

describe('bars of stocks', () => {
  it('are asked for once a stock is watched, one request at a time, and stored as the venue tells them', async () => {
    const simulator = await openExchange();
    const lake = await temporaryFolder();
    const env = { ...exchangeAt(simulator), CRYPTO_LAKE_FLUSH: '1s' };
    const added = await run(['symbols', 'add', 'AAPL', 'MSFT', '--venue', 'yahoo', '--lake', lake], { env });
    expect(added.stderr).toContain('watched from now on: yahoo:AAPL, yahoo:MSFT');
    const { length: before } = chartRequests(simulator);
    const collector = start(['bars', '--lake', lake], { env });
    const rows = await eventually(
      'bars of both',
      async () => {
        const found = await query(
          lake,
          'SELECT *, epoch_us(open_time) AS t FROM bars_1m ORDER BY symbol, open_time',
        );
        return new Set(found.map(({ symbol }) => symbol)).size === 2 ? found : undefined;
      },
      30_000,
    );
    collector.kill('SIGTERM');
    expect((await collector.finished).code).toBe(0);
    const times = chartRequests(simulator)
      .slice(before)
      .map(({ atMs }) => atMs);
    for (const [index, atMs] of times.entries())
      if (index > 0) expect(atMs - (times[index - 1] ?? 0)).toBeGreaterThanOrEqual(1990);

    const fromS = Number(rows[0]?.t) / 1e6;
    const answer = await (await fetch(`${simulator.restUrl}${CHART}?period1=${fromS}`)).text();
    const chart = parseChart(answer, 'AAPL', Number.MAX_SAFE_INTEGER);
    if (typeof chart === 'string') throw new Error(chart);
    const apple = rows.filter(({ symbol }) => symbol === 'AAPL');
    expect(apple.length).toBeGreaterThan(5);
    expect(chart.bars.slice(0, apple.length).map((bar) => [bar.openTimeUs, bar.open, bar.volume])).toEqual(
      apple.map(({ t, open, volume }) => [Number(t), open, volume]),
    );
    for (const row of apple)
      expect(row).toMatchObject({
        venue: 'yahoo',
        market: 'stocks',
        completeness: 'counted',
        origin: 'rest',
        trade_count: null,
        quote_volume: null,
        first_trade_id: null,
        event_time: null,
      });
    const actions = await query(
      lake,
      'SELECT symbol, kind, value FROM corporate_actions ORDER BY symbol, kind',
    );
    expect(actions.length).toBeGreaterThanOrEqual(2);
    expect(actions[0]).toEqual({ symbol: 'AAPL', kind: 'dividend', value: 0.25 });
    const [facts] = await query(lake, "SELECT * FROM symbols_now WHERE symbol = 'AAPL'");
    expect(facts).toMatchObject({ time_zone: 'America/New_York', quote_asset: 'USD', is_watched: true });
    expect(facts?.session_start).not.toBeNull();
  }, 60_000);

  it('cost no request as long as nobody watches one', async () => {
    const simulator = await openExchange();
    const lake = await temporaryFolder();
    const env = { ...exchangeAt(simulator), CRYPTO_LAKE_FLUSH: '1s' };
    const collector = start(['bars', '--lake', lake, '--symbols', 'BTCUSDT'], { env });
    await eventually('two sockets', () => simulator.stats().openConnections === 2);
    collector.kill('SIGTERM');
    const { code, stderr } = await collector.finished;
    expect(code).toBe(0);
    expect(stderr).not.toContain('yahoo');
    expect(chartRequests(simulator)).toEqual([]);
  });

  it('stop being asked for when the venue answers with something else, whatever it is; that is logged once, and nothing of it becomes a bar', async () => {
    const crumb = '{"finance":{"result":null,"error":{"code":"Unauthorized","description":"Invalid Crumb"}}}';
    const answers = [
      { status: 429, body: 'Too Many Requests', said: 'Too Many Requests' },
      { status: 401, body: crumb, said: 'Invalid Crumb' },
      { status: 200, body: 'Invalid Crumb', said: 'not JSON' },
      { status: 200, body: '<html>Will be right back</html>', said: 'not JSON' },
      { status: 200, body: '', said: 'not JSON' },
      { status: 200, body: '{"chart":{"result":[],"error":null}}', said: 'no `chart.result`' },
    ];
    const runs = answers.map(async ({ status, body, said }) => {
      const simulator = await openExchange();
      const lake = await temporaryFolder();
      const env = { ...exchangeAt(simulator), CRYPTO_LAKE_FLUSH: '1s' };
      simulator.setFault({ fault: 'http-status', on: 'rest', status, body, path: CHART });
      const collector = start(['bars', '--lake', lake, '--symbols', 'yahoo:AAPL,yahoo:MSFT'], { env });
      let log = '';
      collector.stderr?.on('data', (chunk) => {
        log += chunk;
      });
      await eventually('it is logged', () => log.includes('it is left alone'), 30_000);
      // The other symbol would have its turn after 2 s.
      await new Promise((resolve) => setTimeout(resolve, 3000));
      collector.kill('SIGTERM');
      expect((await collector.finished).code).toBe(0);
      expect(log.match(/it is left alone for a while: .*/g)).toEqual([expect.stringContaining(said)]);
      expect(chartRequests(simulator)).toHaveLength(1);
      expect(
        await query(
          lake,
          'SELECT (SELECT count(*) FROM bars_1m)::INT AS bars, (SELECT count(*) FROM corporate_actions)::INT AS actions',
        ),
      ).toEqual([{ bars: 0, actions: 0 }]);
    });
    await Promise.all(runs);
  }, 60_000);

  it('come from the past by backfill, and a second one stores nothing; a name that is not there is refused', async () => {
    const simulator = await openExchange();
    const lake = await temporaryFolder();
    const env = exchangeAt(simulator);
    const backfill = () =>
      run(['backfill', 'bars', '--symbols', 'yahoo:AAPL', '--since', '5h', '--lake', lake], { env });
    expect((await backfill()).stderr).toMatch(/stored 2\d\d bars/);
    expect((await backfill()).stderr).toContain('stored 0 bars');
    const [count] = await query(
      lake,
      'SELECT count(*) AS n, count(DISTINCT open_time) AS d, min(origin) AS origin FROM bars_1m',
    );
    expect(count).toMatchObject({ n: count?.d, origin: 'rest' });
    const actions = await query(
      lake,
      'SELECT kind, value, count(*) AS n, count(DISTINCT action_time) AS d FROM corporate_actions GROUP BY 1, 2 ORDER BY 1',
    );
    expect(actions).toMatchObject([
      { kind: 'dividend', value: 0.25 },
      { kind: 'split', value: 4 },
    ]);
    for (const { n, d } of actions) expect(n).toBe(d);
    expect(actions[0]?.n).toBeGreaterThanOrEqual(28);
    expect(actions[1]?.n).toBeGreaterThanOrEqual(4);
    const old = await run(['backfill', 'bars', '--symbols', 'yahoo:AAPL', '--since', '60d', '--lake', lake], {
      env,
    });
    expect(old.code).toBe(2);
    expect(old.stderr).toContain('older than 29 days');
    const wrong = await run(['symbols', 'add', 'NOSUCH', '--venue', 'yahoo', '--lake', lake], { env });
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('there is no symbol `yahoo:NOSUCH`');
  }, 30_000);

  it('come once where a backfill runs beside a collector, their dividends and splits too', async () => {
    const simulator = await openExchange();
    const lake = await temporaryFolder();
    const env = { ...exchangeAt(simulator), CRYPTO_LAKE_FLUSH: '1s' };
    const collect = () => start(['bars', '--lake', lake, '--symbols', 'yahoo:AAPL'], { env });
    const counts = async () =>
      (
        await query(
          lake,
          `SELECT (SELECT count(*) FROM bars_1m)::INT AS bars, (SELECT count(DISTINCT open_time) FROM bars_1m)::INT AS minutes,
(SELECT count(*) FROM corporate_actions)::INT AS actions, (SELECT count(DISTINCT (kind, action_time)) FROM corporate_actions)::INT AS events`,
        )
      )[0] ?? {};
    const first = collect();
    const before = await eventually(
      'the collector stores',
      async () => {
        const now = await counts();
        return Number(now.bars) > 0 && Number(now.actions) > 0 ? now : undefined;
      },
      30_000,
    );
    const args = ['backfill', 'bars', '--symbols', 'yahoo:AAPL', '--since', '5h', '--lake', lake];
    const past = await run(args, { env });
    expect(past.code, past.stderr).toBe(0);
    first.kill('SIGTERM');
    expect((await first.finished).code).toBe(0);
    // It asks again for what the backfill has stored.
    const { length } = chartRequests(simulator);
    const second = collect();
    await eventually('it asks', () => chartRequests(simulator).length > length, 30_000);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    second.kill('SIGTERM');
    expect((await second.finished).code).toBe(0);
    const after = await counts();
    expect(Number(after.bars)).toBeGreaterThan(Number(before.bars) + 200);
    expect(Number(after.actions)).toBeGreaterThan(Number(before.actions) + 20);
    expect(after).toMatchObject({ bars: after.minutes, actions: after.events });
  }, 60_000);
});
