import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aggregateTradeOf, csvLines, klineItemsOf } from '../../../src/sources/binance/archive-file.ts';
import { scanClosedKline } from '../../../src/sources/binance/kline-fast-path.ts';
import { parseAggregateTrade } from '../../../src/sources/binance/parse-aggregate-trade.ts';
import { parseKlineEvent, parseKlineItems } from '../../../src/sources/binance/parse-kline.ts';

const OPEN_MS = Date.UTC(2026, 10, 24, 12, 7);
const NOW_US = (OPEN_MS + 60_100) * 1000;
const GOOD = {
  e: 'kline',
  E: OPEN_MS + 60_050,
  s: 'BTCUSDT',
  k: {
    t: OPEN_MS,
    T: OPEN_MS + 59_999,
    s: 'BTCUSDT',
    i: '1m',
    f: 100,
    L: 149,
    o: '84250.10',
    c: '84251.00',
    h: '84260.00',
    l: '84240.00',
    v: '12.345',
    n: 50,
    x: true,
    q: '1040084.50000000',
    V: '6.1',
    Q: '513926.11',
    B: '0',
  },
};
const RECORDING = '../shared/fixtures/exchange/ws/BINANCE_FUTURES.ws.1.0.txt.gz';
const REST = '../shared/fixtures/exchange/rest';

describe('klines', () => {
  it('of a stream become bars, closed or forming', () => {
    expect(parseKlineEvent(GOOD, 'spot', NOW_US)).toEqual({
      kind: 'closed',
      bar: {
        market: 'spot',
        symbol: 'BTCUSDT',
        openTimeUs: OPEN_MS * 1000,
        open: 84250.1,
        high: 84260,
        low: 84240,
        close: 84251,
        volume: 12.345,
        quoteVolume: 1040084.5,
        tradeCount: 50,
        takerBuyVolume: 6.1,
        takerBuyQuoteVolume: 513926.11,
        firstTradeId: 100,
        lastTradeId: 149,
        eventTimeUs: (OPEN_MS + 60_050) * 1000,
      },
    });
    expect(parseKlineEvent({ ...GOOD, k: { ...GOOD.k, x: false } }, 'spot', NOW_US).kind).toBe('forming');
    const quiet = { ...GOOD, k: { ...GOOD.k, n: 0, f: -1, L: -1 } };
    expect(parseKlineEvent(quiet, 'spot', NOW_US)).toMatchObject({
      bar: { firstTradeId: null, lastTradeId: null },
    });
  });

  it.each([
    ['another interval', { i: '1s' }],
    ['no whole minute', { t: OPEN_MS + 1, T: OPEN_MS + 60_000 }],
    ['another length', { T: OPEN_MS + 119_999 }],
    ['seconds', { t: OPEN_MS / 1000, T: OPEN_MS / 1000 + 59 }],
    ['another day', { t: OPEN_MS - 172_800_000, T: OPEN_MS - 172_800_000 + 59_999 }],
    ['an empty price', { o: '' }],
    ['a negative volume', { v: '-1' }],
    ['a price in hex', { c: '0x10' }],
    ['a count that is none', { n: 1.5 }],
    ['ids turned round', { f: 150, L: 100 }],
    ['no closing word', { x: 'true' }],
    ['another symbol inside', { s: 'ETHUSDT' }],
  ])('with %s are refused with a reason', (_, fields) => {
    const parsed = parseKlineEvent({ ...GOOD, k: { ...GOOD.k, ...fields } }, 'spot', NOW_US);
    expect(parsed).toMatchObject({ kind: 'bad', reason: expect.stringMatching(/\w/) });
  });

  it('of any JSON are bars or refused, and a bar has what its text says', () => {
    const keys = Object.keys(GOOD.k);
    fc.assert(
      fc.property(fc.constantFrom(...keys), fc.jsonValue(), (key, value) => {
        const parsed = parseKlineEvent({ ...GOOD, k: { ...GOOD.k, [key]: value } }, 'spot', NOW_US);
        if (parsed.kind === 'bad') {
          expect(parsed.reason).not.toBe('');
          return;
        }
        for (const cell of Object.values(parsed.bar)) {
          if (typeof cell === 'number') expect(Number.isFinite(cell)).toBe(true);
        }
        expect(parsed.bar.symbol).toBe('BTCUSDT');
      }),
    );
    fc.assert(
      fc.property(fc.jsonValue(), (value) => void parseKlineEvent({ ...GOOD, k: value }, 'spot', NOW_US)),
    );
    fc.assert(fc.property(fc.jsonValue(), (value) => void parseKlineItems(value, 'spot', 'X')));
    fc.assert(fc.property(fc.jsonValue(), (value) => void parseAggregateTrade(value)));
  });

  it('of the archive have 13 or 16 digits, a header or none', () => {
    const line = (t: string, T: string) => `${t},1.5,2,1,1.75,10,${T},15,3,5,7.5,0`;
    const csv = [
      'open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore',
      line(`${OPEN_MS}`, `${OPEN_MS + 59_999}`),
      line(`${OPEN_MS}000`, `${OPEN_MS + 59_999}999`),
    ].join('\r\n');
    const bars = [...csvLines(Buffer.from(csv))].map((cells) =>
      parseKlineItems(klineItemsOf(cells), 'spot', 'X'),
    );
    expect(bars).toHaveLength(2);
    expect(bars[0]).toEqual(bars[1]);
    expect(bars[0]).toMatchObject({
      openTimeUs: OPEN_MS * 1000,
      close: 1.75,
      tradeCount: 3,
      firstTradeId: null,
    });
    const trade = ['7', '1.5', '2', '10', '12', `${OPEN_MS}000`, 'True'];
    expect(parseAggregateTrade(aggregateTradeOf(trade))).toMatchObject({ id: 7, isBuyerMaker: true });
    expect(parseAggregateTrade(aggregateTradeOf(['7', '1.5']))).toMatch(/`f`/);
  });

  it.skipIf(!existsSync(RECORDING))(
    'of the recordings are understood, every one (needs the recordings)',
    () => {
      let frames = 0;
      for (const text of gunzipSync(readFileSync(RECORDING)).toString().split('\n')) {
        if (!text.includes('"e":"kline"') && !text.includes('"e":"aggTrade"')) continue;
        const { data } = JSON.parse(text.slice(text.indexOf('{')));
        frames++;
        if (data.e === 'aggTrade') {
          expect(parseAggregateTrade(data)).toMatchObject({ price: Number(data.p), firstTradeId: data.f });
          continue;
        }
        const parsed = parseKlineEvent(data, 'usdm', data.E * 1000);
        if (parsed.kind === 'bad') throw new Error(parsed.reason);
        expect(parsed.kind).toBe(data.k.x ? 'closed' : 'forming');
        // Written as the fast path expects it, or that would never be taken.
        const closed = Buffer.from(text.slice(text.indexOf('{')).trim().replace('"x":false', '"x":true'));
        expect(scanClosedKline(closed, 'usdm', data.E * 1000)).toEqual(parsed.bar);
        expect(parsed.bar).toMatchObject({
          close: Number(data.k.c),
          volume: Number(data.k.v),
          lastTradeId: data.k.L,
        });
      }
      expect(frames).toBe(67 + 91);
      const rows = JSON.parse(readFileSync(`${REST}/usdm_klines_LTCUSDT_5m.json`, 'utf8')) as unknown[][];
      // Of five minutes: all but their length is the same.
      for (const row of rows) {
        const minute = row.map((item, index) => (index === 6 ? Number(row[0]) + 59_999 : item));
        expect(parseKlineItems(minute, 'usdm', 'LTCUSDT')).toMatchObject({ close: Number(row[4]) });
      }
    },
  );
});
