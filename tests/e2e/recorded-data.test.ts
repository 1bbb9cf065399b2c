import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startSimulator } from '../../src/simulator/start-simulator.ts';
import { eventually, exchangeAt, query, run, start, temporaryFolder } from '../support/program.ts';

const FIXTURES = resolve('../shared/fixtures/exchange');
const withFixtures = existsSync(FIXTURES);

interface RecordedFrame {
  readonly stream: string;
  readonly data: Readonly<Record<string, unknown>> & { readonly k?: Readonly<Record<string, unknown>> };
}

/** The recorded orders of a file; those that a recorder left without `ap` keep none. */
function recordedOrders(file: string): Record<string, string | number>[] {
  return readFileSync(join(FIXTURES, file), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => (JSON.parse(line) as { o: Record<string, string | number> }).o);
}

describe.skipIf(!withFixtures)('recorded data through the real commands (needs the recordings)', () => {
  it.each(['um-2025-12-27_28', 'um-2025-06-23a_recorder1'])(
    'stores every field of every recorded liquidation of %s once',
    async (name) => {
      const file = `forceorder/${name}.o-objects.jsonl`;
      const simulator = await startSimulator({
        market: { replay: join(FIXTURES, file), times: 'now' },
        speed: Number.POSITIVE_INFINITY,
        waitForListeners: 2,
      });
      onTestFinished(() => simulator.close());
      const lake = await temporaryFolder();
      const orders = recordedOrders(file);
      const collector = start(['liquidations', '--lake', lake], {
        env: { ...exchangeAt(simulator), CRYPTO_LAKE_FLUSH: '1s' },
      });
      await eventually('the recording is played', () => simulator.stats().marketEnded);
      await simulator.confirm();
      collector.kill('SIGTERM');
      expect((await collector.finished).code).toBe(0);

      const rows = await query(lake, 'SELECT * FROM liquidation');
      const shiftMs = simulator.truth().timeShiftMs;
      const expected = orders.map((o) => ({
        symbol: o.s,
        side: o.S,
        order_type: o.o,
        time_in_force: o.f,
        status: o.X,
        price: Number(o.p),
        average_price: o.ap === undefined ? null : Number(o.ap),
        quantity: Number(o.q),
        last_filled_quantity: Number(o.l),
        filled_quantity: Number(o.z),
        trade_time: new Date(Number(o.T) + shiftMs).toISOString().replace(/Z$/, '000Z'),
        venue: 'binance',
        market: 'usdm',
      }));
      const stored = rows.map((row) =>
        Object.fromEntries(Object.keys(expected[0] ?? {}).map((column) => [column, row[column]])),
      );
      const text = (row: object) => JSON.stringify(Object.entries(row).sort());
      expect(stored.map(text).sort()).toEqual(expected.map(text).sort());
      for (const row of rows) expect(String(row.date)).toBe(String(row.trade_time).slice(0, 10));
    },
    60_000,
  );

  it('stores every closed bar and every aggregate trade of a recorded stream as they were sent', async () => {
    const lines = gunzipSync(readFileSync(join(FIXTURES, 'ws/BINANCE_FUTURES.ws.1.0.txt.gz')))
      .toString()
      .split('\n');
    const frames = lines.flatMap((line) => {
      const text = /^[\d.]+: (\{.*\})$/.exec(line)?.[1];
      return text === undefined ? [] : [JSON.parse(text) as RecordedFrame];
    });
    const klines = frames.filter(({ data }) => data.e === 'kline');
    const trades = frames.filter(({ data }) => data.e === 'aggTrade');
    expect([klines.length, trades.length]).toEqual([67, 91]);
    const symbols = [...new Set(klines.map(({ data }) => `usdm:${data.s}`))].join();
    const simulator = await startSimulator({ market: 'none', symbols: 8 });
    onTestFinished(() => simulator.close());
    const lake = await temporaryFolder();
    const env = { ...exchangeAt(simulator), CRYPTO_LAKE_FLUSH: '1s' };
    const closed = klines.filter(({ data }) => data.k?.x === true);
    // The recording is moved to now: by whole minutes, its bars to the minute that comes.
    const nowMs = Date.now();
    const shiftMs = nowMs - (nowMs % 60_000) + 60_000 - Number(closed[0]?.data.k?.t);
    const latestMs = Math.max(...trades.map(({ data }) => Number(data.T)));
    const tradeShiftMs = nowMs - (nowMs % 1000) - Math.ceil(latestMs / 1000) * 1000;
    const moved = ({ data }: RecordedFrame): Readonly<Record<string, unknown>> =>
      data.k === undefined
        ? { T: Number(data.T) + tradeShiftMs }
        : { k: { ...data.k, t: Number(data.k.t) + shiftMs, T: Number(data.k.T) + shiftMs } };
    for (const [command, table, sent, rows] of [
      ['bars', 'bars_1m', klines, closed.length],
      ['trades', 'trades', trades, trades.length],
    ] as const) {
      const { connections } = simulator.stats();
      const collector = start([command, '--lake', lake, '--symbols', symbols], { env });
      await eventually('it listens', () => simulator.stats().connections === connections + 2);
      for (const one of sent) {
        const data = { ...one.data, E: nowMs, ...moved(one) };
        simulator.push(JSON.stringify({ stream: one.stream, data }));
      }
      await eventually(
        'all are stored',
        async () => (await query(lake, `SELECT count(*)::INT AS n FROM ${table}`))[0]?.n === rows,
        30_000,
      );
      collector.kill('SIGTERM');
      expect((await collector.finished).code).toBe(0);
    }

    const time = (ms: number) => new Date(ms).toISOString().replace(/Z$/, '000Z');
    const bars = await query(lake, 'SELECT * FROM bars_1m');
    for (const { data } of closed) {
      const { k } = data;
      expect(bars.find(({ symbol }) => symbol === data.s)).toMatchObject({
        venue: 'binance',
        market: 'usdm',
        open_time: time(Number(k?.t) + shiftMs),
        close_time: time(Number(k?.T) + 1 + shiftMs),
        open: Number(k?.o),
        high: Number(k?.h),
        low: Number(k?.l),
        close: Number(k?.c),
        volume: Number(k?.v),
        quote_volume: Number(k?.q),
        trade_count: k?.n,
        taker_buy_volume: Number(k?.V),
        taker_buy_quote_volume: Number(k?.Q),
        first_trade_id: k?.f,
        last_trade_id: k?.L,
        origin: 'stream',
      });
    }
    const stored = await query(lake, 'SELECT * FROM trades');
    for (const { data } of trades) {
      const row = stored.find((one) => one.symbol === data.s && one.trade_id === data.a);
      expect(row).toMatchObject({
        venue: 'binance',
        market: 'usdm',
        first_trade_id: data.f,
        last_trade_id: data.l,
        price: Number(data.p),
        quantity: Number(data.q),
        is_buyer_maker: data.m,
        trade_time: time(Number(data.T) + tradeShiftMs),
        origin: 'stream',
      });
    }
    expect(await query(lake, 'SELECT reason, raw FROM quarantine')).toEqual([]);
  }, 60_000);

  it('stores every field of a recorded ticker response', async () => {
    const body = gunzipSync(
      readFileSync(join(FIXTURES, 'rest/spot_ticker24hr_all_2023-03-21.even.json.gz')),
    ).toString();
    const recorded = JSON.parse(body) as Record<string, string | number>[];
    const simulator = await startSimulator({
      market: 'none',
      responses: { '/api/v3/ticker/24hr': { status: 200, body } },
    });
    onTestFinished(() => simulator.close());
    const lake = await temporaryFolder();
    const done = await run(['once', '--all', '--lake', lake], { env: exchangeAt(simulator) });
    expect(done).toMatchObject({ code: 0 });

    const rows = await query(lake, 'SELECT * FROM prices ORDER BY symbol');
    const byName = new Map(recorded.map((ticker) => [String(ticker.symbol), ticker]));
    expect(rows.map((row) => row.symbol).sort()).toEqual([...byName.keys()].sort());
    const time = (ms: unknown) => new Date(Number(ms)).toISOString().replace(/Z$/, '000Z');
    for (const row of rows) {
      const ticker = byName.get(String(row.symbol)) ?? {};
      expect(row).toMatchObject({
        venue: 'binance',
        market: 'spot',
        last_price: Number(ticker.lastPrice),
        open_price: Number(ticker.openPrice),
        high_price: Number(ticker.highPrice),
        low_price: Number(ticker.lowPrice),
        bid_price: Number(ticker.bidPrice),
        bid_quantity: Number(ticker.bidQty),
        ask_price: Number(ticker.askPrice),
        ask_quantity: Number(ticker.askQty),
        previous_close_price: Number(ticker.prevClosePrice),
        price_change: Number(ticker.priceChange),
        price_change_percent: Number(ticker.priceChangePercent),
        weighted_average_price: Number(ticker.weightedAvgPrice),
        volume: Number(ticker.volume),
        quote_volume: Number(ticker.quoteVolume),
        trade_count: ticker.count,
        open_time: time(ticker.openTime),
        close_time: time(ticker.closeTime),
        first_trade_id: ticker.firstId,
        last_trade_id: ticker.lastId,
      });
    }
  });
});
