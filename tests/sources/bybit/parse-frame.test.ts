import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseInstruments } from '../../../src/sources/bybit/instruments.ts';
import { BYBIT_LIQUIDATIONS, classifyFrame } from '../../../src/sources/bybit/liquidations.ts';
import { parseFrame } from '../../../src/sources/bybit/parse-frame.ts';
import { mutationsOf } from '../../support/mutations.ts';

const NOW_US = 1_739_502_303_400_000;
/** From the docs, "All Liquidation". */
const DOCS =
  '{"topic":"allLiquidation.ROSEUSDT","type":"snapshot","ts":1739502303204,"data":[{"T":1739502302929,"s":"ROSEUSDT","S":"Sell","v":"20000","p":"0.04499"}]}';
const parse = (text: string) => parseFrame(text, 'linear', NOW_US);

describe('a liquidation message of Bybit', () => {
  it('tells the side of the position: a short is closed by buying', () => {
    expect(parse(DOCS)).toEqual({
      kind: 'liquidations',
      rejected: [],
      orders: [
        {
          market: 'linear',
          symbol: 'ROSEUSDT',
          side: 'BUY',
          orderType: null,
          timeInForce: null,
          status: null,
          price: 0.04499,
          averagePrice: null,
          quantity: 20_000,
          lastFilledQuantity: null,
          filledQuantity: null,
          tradeTimeUs: 1_739_502_302_929_000,
          eventTimeUs: 1_739_502_303_204_000,
        },
      ],
    });
    expect(parse(DOCS.replace('"Sell"', '"Buy"'))).toMatchObject({ orders: [{ side: 'SELL' }] });
  });

  it('may hold several orders, of which a bad one costs no other', () => {
    const { data, ...rest } = JSON.parse(DOCS);
    const rows = [data[0], { ...data[0], p: 'NaN' }, 7, { ...data[0], v: '1' }];
    const parsed = parse(JSON.stringify({ ...rest, data: rows }));
    expect(parsed).toMatchObject({
      orders: [{ quantity: 20_000 }, { quantity: 1 }],
      rejected: [
        { reason: '`p` is not a decimal number', raw: JSON.stringify(rows[1]) },
        { reason: 'not an order', raw: '7' },
      ],
    });
  });

  it('of any text is rows or a reason, and never a crash', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const parsed = parse(text);
        expect(parsed.kind === 'bad' ? parsed.reason.length : 1).toBeGreaterThan(0);
        expect(parsed).not.toMatchObject({ kind: 'liquidations', orders: [{}] });
      }),
    );
  });

  it('that is changed anywhere gives no wrong row: each value is one that was sent', () => {
    fc.assert(
      fc.property(mutationsOf(DOCS), (text) => {
        const parsed = parse(text);
        if (parsed.kind !== 'liquidations') return;
        expect(parsed.orders.length + parsed.rejected.length).toBeGreaterThan(0);
        const { data } = JSON.parse(text) as { data: Record<string, unknown>[] };
        for (const order of parsed.orders) {
          const sent = data.find(
            ({ s, v, p, T }) =>
              s === order.symbol &&
              Number(v) === order.quantity &&
              Number(p) === order.price &&
              Number(T) * 1000 === order.tradeTimeUs,
          );
          expect(sent?.S).toBe(order.side === 'SELL' ? 'Buy' : 'Sell');
          expect(order.quantity).toBeGreaterThan(0);
        }
      }),
    );
  });
});

describe('a frame of Bybit', () => {
  it.each([
    [DOCS, 'data'],
    ['{"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT"},"cs":1,"ts":1}', 'tick'],
    ['{"success":true,"ret_msg":"pong","conn_id":"0970e817","req_id":"","op":"ping"}', 'pong'],
    ['{"req_id":"","op":"pong","args":["1675418560633"],"conn_id":"cfcb"}', 'pong'],
    ['{"success":true,"ret_msg":"subscribe","conn_id":"2324","req_id":"","op":"subscribe"}', 'ack'],
    [
      '{"success":false,"ret_msg":"error:handler not found,topic:x","conn_id":"1","req_id":"","op":"subscribe"}',
      'refused',
    ],
    ['{"x":1}', 'other'],
    ['', 'other'],
  ])('%s is %s', (text, kind) => {
    expect(classifyFrame(Buffer.from(text))).toBe(kind);
  });
});

describe('what is listened to', () => {
  const plan = (instruments: unknown) =>
    BYBIT_LIQUIDATIONS.feed?.plan({ BYBIT_WS_URL: 'ws://x' }, { instruments }) ?? [];

  it('is every contract of a category and a canary, below 21,000 characters a connection', () => {
    const linear = Array.from({ length: 2000 }, (_, n) => `SYMBOL${n}USDT`);
    const plans = plan({ linear, inverse: ['BTCUSD'] });
    expect(plans.map(({ group, url }) => [group, url])).toEqual([
      ['linear', 'ws://x/v5/public/linear'],
      ['linear-2', 'ws://x/v5/public/linear'],
      ['linear-3', 'ws://x/v5/public/linear'],
      ['linear-4', 'ws://x/v5/public/linear'],
      ['inverse', 'ws://x/v5/public/inverse'],
    ]);
    const topics = plans.flatMap((part) => part.topics);
    for (const symbol of linear) expect(topics).toContain(`allLiquidation.${symbol}`);
    for (const part of plans) {
      expect(JSON.stringify(part.topics).length).toBeLessThan(21_000);
      expect(part.topics.at(-1)).toMatch(/^tickers\.BTCUSDT?$/);
    }
    expect(plans.at(-1)?.topics).toEqual(['allLiquidation.BTCUSD', 'tickers.BTCUSD']);
  });

  it('is nothing as long as no list is known', () => {
    for (const instruments of [undefined, null, 7, {}, { linear: 'x' }])
      expect(plan(instruments)).toEqual([]);
  });

  it('is not taken from what is no list', () => {
    for (const body of ['{}', '[]', 'x', '{"retCode":10001}', '{"retCode":0,"result":{"list":7}}'])
      expect(parseInstruments(body)).toBeUndefined();
    const list = [{ symbol: 'A', status: 'Trading' }, { symbol: 'B', status: 'Closed' }, { symbol: 7 }, null];
    expect(parseInstruments(JSON.stringify({ retCode: 0, result: { list, nextPageCursor: 'c' } }))).toEqual({
      entries: [list[0], list[1]],
      nextCursor: 'c',
    });
  });
});
