import { describe, expect, it, onTestFinished } from 'vitest';
import type { Simulator, SimulatorOptions } from '../../src/simulator/simulator.ts';
import { apiServer } from '../support/api-server.ts';
import { eventually, exchangeAt, query, run, start, temporaryFolder } from '../support/program.ts';
import { simulatorFor } from '../support/simulator.ts';

const MINUTE_MS = 60_000;
const SYMBOLS = 'BTCUSDT,usdm:BTCUSDT,coinm:BTCUSD_PERP,币安人生USDT';

/** An exchange whose minute ends so many seconds after its start: its clock is ahead of ours, or behind. */
async function exchange(secondsLeft: number, options: SimulatorOptions = {}): Promise<Simulator> {
  const nowMs = Date.now();
  const skewMs = MINUTE_MS - (nowMs % MINUTE_MS) - secondsLeft * 1000;
  const clock = {
    nowUs: () => Math.round((Date.now() + skewMs) * 1000),
    monotonicMs: () => performance.now(),
  };
  return simulatorFor({ market: 'none', symbols: 8, clock, ...options });
}

interface StoredBar {
  readonly market: 'spot' | 'usdm' | 'coinm';
  readonly symbol: string;
  readonly open_time: string;
  readonly origin: string;
  readonly completeness: string;
  readonly [column: string]: unknown;
}

function stored(lake: string): Promise<StoredBar[]> {
  return query(lake, 'SELECT * FROM bars_1m ORDER BY market, symbol, open_time') as Promise<StoredBar[]>;
}

/** Every value is the exchange's, and no minute is there twice. */
function expectTrue(simulator: Simulator, bars: readonly StoredBar[]): void {
  const keys = bars.map(({ market, symbol, open_time }) => `${market} ${symbol} ${open_time}`);
  expect(new Set(keys).size).toBe(keys.length);
  for (const bar of bars) {
    const expected = simulator.bar(bar.market, bar.symbol, Date.parse(bar.open_time));
    expect(bar, `${bar.market} ${bar.symbol} ${bar.open_time}`).toMatchObject({
      venue: 'binance',
      timeframe: '1m',
      open: Number(expected?.open),
      high: Number(expected?.high),
      low: Number(expected?.low),
      close: Number(expected?.close),
      volume: Number(expected?.volume),
      quote_volume: Number(expected?.quote),
      trade_count: expected?.tradeCount,
      taker_buy_volume: Number(expected?.takerVolume),
      taker_buy_quote_volume: Number(expected?.takerQuote),
    });
    if (bar.origin === 'stream' && expected?.tradeCount !== 0)
      expect(bar).toMatchObject({
        first_trade_id: expected?.firstTradeId,
        last_trade_id: expected?.lastTradeId,
      });
    else expect(bar).toMatchObject({ first_trade_id: null, last_trade_id: null });
  }
}

describe('crypto-lake bars', () => {
  it('stores every closed bar once, the minute of its start too, in all markets', async () => {
    const simulator = await exchange(6);
    const lake = await temporaryFolder();
    const env = { ...exchangeAt(simulator), CRYPTO_LAKE_FLUSH: '2s' };
    const collector = start(['bars', '--lake', lake, '--symbols', SYMBOLS], { env });
    const bars = await eventually(
      'the minute is there',
      async () => {
        const rows = await stored(lake);
        return rows.length >= 4 ? rows : undefined;
      },
      30_000,
    );
    expectTrue(simulator, bars);
    expect(new Set(bars.map(({ origin }) => origin))).toEqual(new Set(['rest']));
    const [coverage] = await query(
      lake,
      "SELECT count(DISTINCT market) AS markets, min(state) AS state, count(DISTINCT connection) AS sockets FROM coverage WHERE source = 'bars'",
    );
    expect(coverage).toMatchObject({ markets: 3, state: 'listening', sockets: 6 });
    const repaired = await eventually('the heartbeat says so', async () => {
      const { stdout } = await run(['tables', '--check', '--json', '--lake', lake], { env });
      const [row] = JSON.parse(stdout) as { readonly repaired_minutes: number }[];
      return row?.repaired_minutes === 4 ? row : undefined;
    });
    expect(repaired).toMatchObject({ source: 'bars', missing_minutes: 0, unanswered_minutes: 0 });
    const { stdout: doctor } = await run(['doctor', '--json', '--lake', lake], { env });
    expect(doctor).toContain('0 minutes are asked for, 0 were not answered, 4 repaired, 0 read again');
    const api = await apiServer(lake);
    onTestFinished(() => api.close());
    const health = (await api.json('/health')) as unknown as { readonly collectors: readonly object[] };
    expect(health.collectors).toMatchObject([
      {
        source: 'bars',
        repair: { missing_minutes: 0, unanswered_minutes: 0, repaired_minutes: 4, reread_minutes: 0 },
      },
    ]);
    const metrics = await (await api.get('/metrics')).text();
    expect(metrics).toContain('crypto_lake_bars_missing_minutes{source="bars"} 0');
    expect(metrics).toContain('crypto_lake_bars_repaired_minutes_total{source="bars"} 4');
    collector.kill('SIGTERM');
    const { code, stderr } = await collector.finished;
    expect(code, stderr).toBe(0);
    expect(await stored(lake)).toHaveLength(4);
    expect(await query(lake, 'SELECT * FROM quarantine')).toEqual([]);
  }, 60_000);
});

describe('crypto-lake symbols', () => {
  it('makes a watch list that a running collector follows, first of the pairs that are traded most', async () => {
    const simulator = await exchange(40, { symbols: 30 });
    const lake = await temporaryFolder();
    const env = { ...exchangeAt(simulator), CRYPTO_LAKE_FLUSH: '2s' };
    const collector = start(['bars', '--lake', lake], { env });
    const streams = () =>
      simulator
        .truth()
        .connections.filter(({ closedAtMs }) => closedAtMs === undefined)
        .map(({ url }) => url);
    const first = await eventually('ten pairs are watched', () =>
      streams().find((url) => (url.match(/kline_1m/g) ?? []).length === 10),
    );
    expect(first).toContain('/spot/stream');
    const list = async () => (await run(['symbols', '--json', '--lake', lake], { env })).stdout;
    expect(JSON.parse(await list())).toHaveLength(10);
    const added = await run(['symbols', 'add', 'coinm:BTCUSD_PERP', '--lake', lake], { env });
    expect(added.stderr).toContain('watched from now on: coinm:BTCUSD_PERP');
    await eventually(
      'it is listened to',
      () => streams().some((url) => url.includes('btcusd_perp@kline_1m')),
      60_000,
    );
    // The list was read again meanwhile: where nothing changed, nobody is connected anew.
    const ofSpot = simulator.truth().connections.filter(({ url }) => url.includes('/spot/'));
    expect(ofSpot.map(({ url, closedAtMs }) => ({ url, closedAtMs }))).toEqual(
      Array.from({ length: 2 }, () => ({ url: first, closedAtMs: undefined })),
    );
    collector.kill('SIGTERM');
    const { code, stderr } = await collector.finished;
    expect(code).toBe(0);
    expect(stderr).toContain('no symbol was watched: the 10 that are traded most are now');
    expect((await run(['symbols', 'remove', 'coinm:BTCUSD_PERP', '--lake', lake], { env })).code).toBe(0);
    expect(JSON.parse(await list())).toHaveLength(10);
    const [facts] = await query(
      lake,
      "SELECT contract_size, is_watched, price_increment FROM symbols_now WHERE symbol = 'BTCUSD_PERP'",
    );
    expect(facts).toMatchObject({ contract_size: 100, is_watched: false, price_increment: 0.1 });
  }, 120_000);

  it('refuses what the exchange does not have, with a hint', async () => {
    const simulator = await exchange(40);
    const lake = await temporaryFolder();
    const env = exchangeAt(simulator);
    const wrong = await run(['symbols', 'add', 'BTCUSDX', '--lake', lake], { env });
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/^error: there is no symbol `BTCUSDX`.*\nhint: did you mean `BTCUSD/);
    const prefix = await run(['bars', '--symbols', 'moon:BTC', '--lake', lake], { env });
    expect(prefix.code).toBe(2);
    expect(prefix.stderr).toContain('is not a symbol of a market');
  });
});

describe('crypto-lake trades', () => {
  it('is complete by the ids, also over a silence of both sockets and a kill', async () => {
    const simulator = await exchange(30);
    const lake = await temporaryFolder();
    const env = { ...exchangeAt(simulator), CRYPTO_LAKE_FLUSH: '2s' };
    const args = ['trades', '--lake', lake, '--symbols', 'BTCUSDT,usdm:BTCUSDT'];
    const count = async () => Number((await query(lake, 'SELECT count(*) AS n FROM trades'))[0]?.n);
    const first = start(args, { env });
    await eventually('trades come', async () => (await count()) > 3, 30_000);
    first.kill('SIGKILL');
    await first.finished;
    const end = simulator.setFault({ fault: 'trades-silent' });
    const second = start(args, { env });
    await new Promise((resolve) => setTimeout(resolve, 8000));
    end();
    const before = await count();
    const markets = () =>
      query(
        lake,
        `SELECT market, count(*) AS n, count(DISTINCT trade_id) AS ids, max(trade_id) - min(trade_id) + 1 AS span,
  sum(CASE WHEN origin = 'rest' THEN 1 ELSE 0 END) AS repaired FROM trades GROUP BY market ORDER BY market`,
      );
    // Live trades are there before what was missed: a sum of rows says nothing of the gap.
    await eventually(
      'the gap of each market is closed',
      async () => {
        const rows = await markets();
        return rows.length === 2 && rows.every(({ n, span }) => n === span) && (await count()) > before + 5;
      },
      75_000,
    );
    second.kill('SIGTERM');
    expect((await second.finished).code).toBe(0);
    const rows = await markets();
    expect(rows.map(({ market }) => market)).toEqual(['spot', 'usdm']);
    for (const row of rows) {
      expect(row.n).toBe(row.span);
      expect(row.ids).toBe(row.n);
    }
    expect(Number(rows[0]?.repaired) + Number(rows[1]?.repaired)).toBeGreaterThan(0);
    expect(await query(lake, 'SELECT * FROM quarantine')).toEqual([]);
  }, 120_000);
});
