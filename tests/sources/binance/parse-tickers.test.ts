import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTickers } from '../../../src/sources/binance/parse-tickers.ts';

const FULL = {
  symbol: 'BNBBTC',
  priceChange: '-94.99999800',
  priceChangePercent: '-95.960',
  weightedAvgPrice: '0.29628482',
  prevClosePrice: '0.10002000',
  lastPrice: '4.00000200',
  lastQty: '200.00000000',
  bidPrice: '4.00000000',
  bidQty: '100.00000000',
  askPrice: '4.00000200',
  askQty: '100.00000000',
  openPrice: '99.00000000',
  highPrice: '100.00000000',
  lowPrice: '0.10000000',
  volume: '8913.30000000',
  quoteVolume: '15.30000000',
  openTime: 1499783499040,
  closeTime: 1499869899040,
  firstId: 28385,
  lastId: 28460,
  count: 76,
};
const EXPECTED = {
  symbol: 'BNBBTC',
  priceChange: -94.999998,
  priceChangePercent: -95.96,
  weightedAveragePrice: 0.29628482,
  previousClosePrice: 0.10002,
  lastPrice: 4.000002,
  bidPrice: 4,
  bidQuantity: 100,
  askPrice: 4.000002,
  askQuantity: 100,
  openPrice: 99,
  highPrice: 100,
  lowPrice: 0.1,
  volume: 8913.3,
  quoteVolume: 15.3,
  openTimeUs: 1499783499040000,
  closeTimeUs: 1499869899040000,
  firstTradeId: 28385,
  lastTradeId: 28460,
  tradeCount: 76,
};
const parse = (value: unknown) => parseTickers(JSON.stringify(value));

describe('a ticker', () => {
  it('becomes a typed row, alone or in a list', () => {
    expect(parse(FULL)).toEqual({ rows: [EXPECTED], bad: [] });
    expect(parse([FULL, FULL]).rows).toEqual([EXPECTED, EXPECTED]);
  });

  it('of the short form has null for what is not sent', () => {
    const {
      bidPrice,
      bidQty,
      askPrice,
      askQty,
      prevClosePrice,
      priceChange,
      priceChangePercent,
      weightedAvgPrice,
      ...mini
    } = FULL;
    expect(parse([mini])).toEqual({
      rows: [
        {
          ...EXPECTED,
          bidPrice: null,
          bidQuantity: null,
          askPrice: null,
          askQuantity: null,
          previousClosePrice: null,
          priceChange: null,
          priceChangePercent: null,
          weightedAveragePrice: null,
        },
      ],
      bad: [],
    });
  });

  it('without trades is kept', () => {
    const { rows } = parse([{ ...FULL, firstId: -1, lastId: -1, count: 0, lastPrice: '0.00000000' }]);
    expect(rows).toMatchObject([{ firstTradeId: -1, lastTradeId: -1, tradeCount: 0, lastPrice: 0 }]);
  });

  it('that did not change has no negative zero', () => {
    expect(Object.is(parse([{ ...FULL, priceChange: '-0.00' }]).rows[0]?.priceChange, 0)).toBe(true);
  });

  it('with times in microseconds is the same', () => {
    expect(parse([{ ...FULL, openTime: 1499783499040123 }]).rows).toMatchObject([
      { openTimeUs: 1499783499040123 },
    ]);
  });

  it.each([
    ['no symbol', { symbol: undefined }],
    ['a symbol with an escape', { symbol: '\u001b[2J' }],
    ['an endless symbol', { symbol: 'X'.repeat(65) }],
    ['no last price', { lastPrice: undefined }],
    ['an empty price', { lastPrice: '' }],
    ['a negative price', { bidPrice: '-1' }],
    ['a number for a text', { lastPrice: 4 }],
    ['NaN', { highPrice: 'NaN' }],
    ['hex', { volume: '0x10' }],
    ['an exponent', { quoteVolume: '1e5' }],
    ['seconds', { openTime: 1499783499 }],
    ['nanoseconds', { closeTime: 1499783499040000000 }],
    ['a fraction of a trade', { count: 1.5 }],
    ['a count below nothing', { count: -1 }],
    ['an id that no double holds', { lastId: 2 ** 53 }],
    ['two minus signs', { priceChange: '--1' }],
  ])('with %s is bad and leaves its neighbours alone', (_, change) => {
    const broken = { ...FULL, ...change };
    const { rows, bad } = parse([FULL, broken, FULL]);
    expect(rows).toEqual([EXPECTED, EXPECTED]);
    expect(bad).toEqual([{ raw: JSON.stringify(broken), reason: expect.stringMatching(/^`/) }]);
  });

  it('that is nested keeps its text; nested too deeply to be written again it is bad, not fatal', () => {
    const nestedAt = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
    const broken = (depth: number) => `{"symbol":"X","lastPrice":${nestedAt(depth)}}`;
    expect(parseTickers(`[${broken(10)}]`).bad).toMatchObject([{ raw: broken(10) }]);
    const { rows, bad } = parseTickers(`[${JSON.stringify(FULL)},${broken(100_000)},${nestedAt(100_000)}]`);
    expect(rows).toEqual([EXPECTED]);
    expect(bad.map(({ raw }) => raw)).toEqual(['{"symbol":"X","lastPrice":"(nested)"}', '["(nested)"]']);
  });
});

describe('a body', () => {
  it.each([['<html>'], [''], ['{'], ['null'], ['7'], ['{"code":-1003,"msg":"Too much"}'], ['["a"]']])(
    'like %s is one bad row',
    (body) => {
      const { rows, bad } = parseTickers(body);
      expect(rows).toEqual([]);
      expect(bad).toHaveLength(1);
    },
  );

  it('never makes the parser throw', () => {
    fc.assert(fc.property(fc.oneof(fc.json(), fc.string()), (text) => void parseTickers(text)));
  });

  it('is filtered by quote or by symbol; a quote alone is not a pair', () => {
    const symbols = ['BTCUSDT', 'ETHBTC', '币安人生USDT', 'USDT', 'USDTEUR'];
    const body = JSON.stringify(symbols.map((symbol) => ({ ...FULL, symbol })));
    const kept = (filter: object) => parseTickers(body, filter).rows.map(({ symbol }) => symbol);
    expect(kept({ quotes: ['USDT'] })).toEqual(['BTCUSDT', '币安人生USDT']);
    expect(kept({ quotes: ['BTC', 'EUR'] })).toEqual(['ETHBTC', 'USDTEUR']);
    expect(kept({ symbols: ['ETHBTC', 'NONE'] })).toEqual(['ETHBTC']);
    expect(kept({})).toEqual(symbols);
  });
});

const REST = resolve('../shared/fixtures/exchange/rest');

describe.skipIf(!existsSync(REST))('recorded tickers (needs the recordings)', () => {
  it.each([
    'spot_ticker24hr_all_2023-03-21.even.json.gz',
    'spot_ticker24hr_two.json',
    'usdm_ticker24hr_BTCUSDT.json',
    'coinm_ticker24hr_BTCUSD_PERP.json',
  ])('of %s are all understood, field by field', (name) => {
    const bytes = readFileSync(`${REST}/${name}`);
    const body = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
    const recorded: Record<string, string | number | undefined>[] = [JSON.parse(body)].flat();
    const { rows, bad } = parseTickers(body);
    expect(bad).toEqual([]);
    expect(rows).toHaveLength(recorded.length);
    const number = (value: unknown) => (value === undefined ? null : Number(value));
    const us = (value: unknown) => (value === undefined ? null : Number(value) * 1000);
    for (const [i, t] of recorded.entries()) {
      expect(rows[i]).toEqual({
        symbol: t.symbol,
        lastPrice: number(t.lastPrice),
        openPrice: number(t.openPrice),
        highPrice: number(t.highPrice),
        lowPrice: number(t.lowPrice),
        bidPrice: number(t.bidPrice),
        bidQuantity: number(t.bidQty),
        askPrice: number(t.askPrice),
        askQuantity: number(t.askQty),
        previousClosePrice: number(t.prevClosePrice),
        priceChange: number(t.priceChange),
        priceChangePercent: number(t.priceChangePercent),
        weightedAveragePrice: number(t.weightedAvgPrice),
        volume: number(t.volume),
        quoteVolume: number(t.quoteVolume),
        tradeCount: number(t.count),
        openTimeUs: us(t.openTime),
        closeTimeUs: us(t.closeTime),
        firstTradeId: number(t.firstId),
        lastTradeId: number(t.lastId),
      });
    }
  });
});
