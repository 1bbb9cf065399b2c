import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Bar } from '../../src/bars/bar.ts';
import { aggregateTradeOf, klineItemsOf } from '../../src/sources/binance/archive-file.ts';
import { BINANCE_BAR_ARCHIVE, BINANCE_TRADE_ARCHIVE } from '../../src/sources/binance/archives.ts';
import { parseAggregateTrade } from '../../src/sources/binance/parse-aggregate-trade.ts';
import { parseKlineItems } from '../../src/sources/binance/parse-kline.ts';
import { sourceOf } from '../../src/sources/registry.ts';
import type { Rows } from '../../src/sources/rows.ts';
import type { PollInfo, SpoolRecord } from '../../src/spool/segments/record.ts';
import { mutationsOf } from '../support/mutations.ts';
import { T0_MS, T0_US } from '../support/segment.ts';

const OPEN_MS = T0_MS - (T0_MS % 60_000) - 60_000;
const K = { t: OPEN_MS, T: OPEN_MS + 59_999, s: 'ADAUSDT', i: '1m', f: 10, L: 21, n: 12, x: true };
const KLINE = JSON.stringify({
  stream: 'adausdt@kline_1m',
  data: {
    e: 'kline',
    E: T0_MS,
    s: 'ADAUSDT',
    k: { ...K, o: '1.01', c: '1.02', h: '1.05', l: '0.99', v: '7', q: '7.1', V: '3', Q: '3.1', B: '0' },
  },
});
const TRADE = JSON.stringify({
  stream: 'adausdt@aggTrade',
  data: { e: 'aggTrade', E: T0_MS, s: 'ADAUSDT', a: 7, p: '1.5', q: '20', f: 9, l: 11, T: T0_MS, m: true },
});
const KLINES = JSON.stringify([
  [OPEN_MS, '1.01', '1.05', '0.99', '1.02', '7', OPEN_MS + 59_999, '7.1', 12, '3', '3.1', '0'],
]);
const START_S = OPEN_MS / 1000;
const CHART = JSON.stringify({
  chart: {
    result: [
      {
        meta: {
          symbol: 'AAPL',
          currency: 'USD',
          exchangeTimezoneName: 'UTC',
          regularMarketTime: START_S + 120,
        },
        timestamp: [START_S],
        events: { dividends: { a: { amount: 0.25, date: START_S } } },
        indicators: {
          quote: [{ open: [231.1], high: [231.5], low: [231], close: [231.2], volume: [1000] }],
        },
      },
    ],
    error: null,
  },
});

const ORDER = JSON.stringify({
  stream: '!forceOrder@arr',
  data: {
    e: 'forceOrder',
    E: T0_MS,
    o: {
      ...{ s: 'ADAUSDT', S: 'SELL', o: 'LIMIT', f: 'IOC', q: '20', p: '0.51', ap: '0.52', X: 'FILLED' },
      ...{ l: '19', z: '18', T: T0_MS, st: 1 },
    },
  },
});
const TICKERS = JSON.stringify([
  {
    ...{ symbol: 'ADAUSDT', priceChange: '-0.5', priceChangePercent: '-33.3', weightedAvgPrice: '1.2' },
    ...{ prevClosePrice: '1.51', lastPrice: '1.01', bidPrice: '1.02', bidQty: '7', askPrice: '1.03' },
    ...{ askQty: '8', openPrice: '1.52', highPrice: '1.6', lowPrice: '0.9', volume: '900' },
    ...{ quoteVolume: '1080', openTime: OPEN_MS, closeTime: T0_MS, firstId: 3, lastId: 77, count: 75 },
  },
]);

interface Kept {
  readonly bars: Bar[];
  readonly rows: Record<string, unknown>[];
  readonly reasons: string[];
}

/** What a source makes of one record. */
function keptOf(source: string, record: SpoolRecord): Kept {
  const kept: Kept = { bars: [], rows: [], reasons: [] };
  const rows: Rows = {
    clockOffsetUs: null,
    heard: () => undefined,
    isNew: () => true,
    delivered: () => undefined,
    duplicate: () => undefined,
    begin: () => {
      const row: Record<string, unknown> = {};
      kept.rows.push(row);
      return new Proxy({} as never, {
        get: (_, name: string) => ({
          push: (value: unknown) => {
            row[name] = value;
          },
        }),
      });
    },
    add: (_table, _where, row) => void kept.rows.push(row),
    bar: (bar) => kept.bars.push(bar) > 0,
    event: () => undefined,
    polled: () => undefined,
    quarantine: (reason) => void kept.reasons.push(reason),
  };
  sourceOf(source).decode(record, {}, rows);
  for (const reason of kept.reasons) expect(reason).not.toBe('');
  return kept;
}

function frame(text: string): SpoolRecord {
  return { kind: 'frame', receivedAtUs: T0_US, connection: 'spot/ws-1', payload: Buffer.from(text) };
}

function response(body: string, request: Partial<PollInfo>): SpoolRecord {
  const info = { market: 'spot', stream: 's', scheduledAtUs: T0_US, startedAtUs: T0_US, ...request };
  const payload = Buffer.from(`${JSON.stringify({ request: info })}\n${body}`);
  return { kind: 'response', receivedAtUs: T0_US, connection: 'rest', payload };
}

/** Every number of a row stands in the text as a number, or as its decimal. */
function expectGiven(text: string, values: readonly unknown[]): void {
  const given = new Set((text.match(/-?\d+(\.\d+)?([eE][+-]?\d+)?/g) ?? []).map(Number));
  for (const value of values)
    if (typeof value === 'number') expect(given, `${value} of ${text}`).toContain(value);
}

const history = { symbol: 'ADAUSDT', fromUs: OPEN_MS * 1000, toUs: (OPEN_MS + 60_000) * 1000 };

function valuesOf(bar: Bar): readonly unknown[] {
  const { openTimeUs, eventTimeUs, ...values } = bar;
  return [openTimeUs / 1000, ...(eventTimeUs === null ? [] : [eventTimeUs / 1000]), ...Object.values(values)];
}

describe('a payload that is changed anywhere gives rows of what it says, or a reason, and never a crash', () => {
  const RUNS = { numRuns: 400 };

  it('as a frame of klines', () => {
    const check = (text: string) => {
      for (const bar of keptOf('bars', frame(text)).bars) expectGiven(text, valuesOf(bar));
    };
    expect(keptOf('bars', frame(KLINE)).bars).toHaveLength(1);
    fc.assert(fc.property(mutationsOf(KLINE), check), RUNS);
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), check), RUNS);
  });

  it('as a frame of aggregate trades', () => {
    const check = (text: string) => {
      for (const row of keptOf('trades', frame(text)).rows) {
        const { trade_id, first_trade_id, last_trade_id, price, quantity, trade_time } = row;
        expectGiven(text, [trade_id, first_trade_id, last_trade_id, price, quantity]);
        expect(text).toContain(String(Number(trade_time) / 1000));
      }
    };
    expect(keptOf('trades', frame(TRADE)).rows).toHaveLength(1);
    fc.assert(fc.property(mutationsOf(TRADE), check), RUNS);
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), check), RUNS);
  });

  it('as a frame of liquidations', () => {
    const check = (text: string) => {
      for (const row of keptOf('liquidations', frame(text)).rows) {
        const { price, average_price, quantity, last_filled_quantity, filled_quantity } = row;
        expectGiven(text, [price, average_price, quantity, last_filled_quantity, filled_quantity]);
        for (const time of [row.trade_time, row.event_time])
          if (time !== null) expectGiven(text, [Number(time) / 1000]);
        expect(text).toContain(`"${row.side}"`);
        expect(text).toContain(`"${row.symbol}"`);
      }
    };
    expect(keptOf('liquidations', frame(ORDER)).rows).toHaveLength(1);
    fc.assert(fc.property(mutationsOf(ORDER), check), RUNS);
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), check), RUNS);
  });

  it('as an answer of tickers', () => {
    const check = (text: string) => {
      for (const { collected_at, received_at, open_time, close_time, ...row } of keptOf(
        'prices',
        response(text, {}),
      ).rows) {
        expectGiven(text, Object.values(row));
        for (const time of [open_time, close_time])
          if (time !== null) expectGiven(text, [Number(time) / 1000]);
      }
    };
    expect(keptOf('prices', response(TICKERS, {})).rows).toHaveLength(1);
    fc.assert(fc.property(mutationsOf(TICKERS), check), RUNS);
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), check), RUNS);
  });

  it('as an answer of klines or of aggregate trades', () => {
    const klines = (text: string) => {
      for (const bar of keptOf('bars', response(text, { history })).bars) expectGiven(text, valuesOf(bar));
    };
    expect(keptOf('bars', response(KLINES, { history })).bars).toHaveLength(1);
    fc.assert(fc.property(mutationsOf(KLINES), klines), RUNS);
    fc.assert(fc.property(fc.json(), klines), RUNS);
    const { data } = JSON.parse(TRADE) as { data: object };
    const list = JSON.stringify([data]);
    const asked = { trades: { symbol: 'ADAUSDT', fromId: 0, toId: 100 } };
    expect(keptOf('trades', response(list, asked)).rows).toHaveLength(1);
    const trades = (text: string) => {
      for (const { trade_id, price, quantity } of keptOf('trades', response(text, asked)).rows)
        expectGiven(text, [trade_id, price, quantity]);
    };
    fc.assert(fc.property(mutationsOf(list), trades), RUNS);
    fc.assert(fc.property(fc.json(), trades), RUNS);
  });

  it('as a chart of stocks', () => {
    const asked = { market: 'stocks', history: { ...history, symbol: 'AAPL' } };
    const check = (text: string) => {
      const { bars, rows } = keptOf('bars-yahoo', response(text, asked));
      for (const { openTimeUs, open, high, low, close, volume } of bars)
        expectGiven(text, [openTimeUs / 1e6, open, high, low, close, volume]);
      for (const { kind, value } of rows) if (kind === 'dividend') expectGiven(text, [value]);
    };
    const good = keptOf('bars-yahoo', response(CHART, asked));
    expect([good.bars.length, good.rows.length]).toEqual([1, 1]);
    fc.assert(fc.property(mutationsOf(CHART), check), RUNS);
    fc.assert(fc.property(fc.json(), check), RUNS);
  });

  it('as a line of the archive', async () => {
    const line = fc.array(
      fc.oneof(fc.constantFrom('', '-1', 'NaN', '0x1', 'True', 'false', String(OPEN_MS)), fc.string()),
      { maxLength: 13 },
    );
    fc.assert(
      fc.property(line, (cells) => {
        const bar = parseKlineItems(klineItemsOf([...cells]), 'spot', 'X');
        const trade = parseAggregateTrade(aggregateTradeOf(cells));
        if (typeof bar !== 'string') expectGiven(cells.join(','), [bar.open, bar.volume]);
        if (typeof trade !== 'string') expectGiven(cells.join(','), [trade.id, trade.price]);
      }),
      RUNS,
    );
    const of = { market: 'spot', symbol: 'X', period: '2026-11-20' };
    await fc.assert(
      fc.asyncProperty(fc.uint8Array(), async (bytes) => {
        for (const archive of [BINANCE_BAR_ARCHIVE, BINANCE_TRADE_ARCHIVE])
          await expect(archive.read(bytes, 'x.zip', of)).rejects.toThrow(/cannot be unpacked/);
      }),
    );
  });
});
