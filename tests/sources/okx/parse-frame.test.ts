import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseContracts } from '../../../src/sources/okx/contracts.ts';
import { classifyFrame, OKX_LIQUIDATIONS } from '../../../src/sources/okx/liquidations.ts';
import { parseFrame } from '../../../src/sources/okx/parse-frame.ts';
import type { SpoolRecord } from '../../../src/spool/segments/record.ts';
import { mutationsOf } from '../../support/mutations.ts';
import { batchesOf } from '../../support/segment.ts';

const NOW_US = 1_692_266_434_500_000;
/** From the docs, "Liquidation orders channel". */
const DOCS =
  '{"arg":{"channel":"liquidation-orders","instType":"SWAP"},"data":[{"details":[{"bkLoss":"0","bkPx":"0.007831","ccy":"","posSide":"short","side":"buy","sz":"13","ts":"1692266434010"}],"instFamily":"IOST-USDT","instId":"IOST-USDT-SWAP","instType":"SWAP","uly":"IOST-USDT"}]}';
const parse = (text: string) => parseFrame(text, NOW_US);

describe('a liquidation message of OKX', () => {
  it('tells the side of the order, and contracts', () => {
    expect(parse(DOCS)).toEqual({
      kind: 'liquidations',
      rejected: [],
      orders: [
        {
          market: 'swap',
          symbol: 'IOST-USDT-SWAP',
          side: 'BUY',
          orderType: null,
          timeInForce: null,
          status: null,
          price: 0.007831,
          averagePrice: null,
          quantity: 13,
          lastFilledQuantity: null,
          filledQuantity: null,
          tradeTimeUs: 1_692_266_434_010_000,
          eventTimeUs: null,
        },
      ],
    });
  });

  it('may hold several instruments and orders, of which a bad one costs no other', () => {
    const { arg, data } = JSON.parse(DOCS);
    const [detail] = data[0].details;
    const details = [detail, { ...detail, side: 'both' }, { ...detail, sz: '1' }];
    const parsed = parse(JSON.stringify({ arg, data: [{ ...data[0], details }, { instId: 'X' }] }));
    expect(parsed).toMatchObject({
      orders: [{ quantity: 13 }, { quantity: 1 }],
      rejected: [{ reason: '`side` is neither buy nor sell' }, { reason: 'an instrument without orders' }],
    });
  });

  it('is of now where the clock of OKX was found so far from ours, which may be days off', () => {
    const DAYS_US = 10 * 86_400_000_000;
    for (const aheadUs of [-DAYS_US, DAYS_US]) {
      const receivedAtUs = NOW_US - aheadUs;
      const message = {
        kind: 'frame',
        receivedAtUs,
        connection: 'ws-1',
        payload: Buffer.from(DOCS),
      } as const;
      const event = (offsetUs: number) => {
        const payload = Buffer.from(JSON.stringify({ type: 'clock_offset', offsetUs }));
        return { kind: 'event', receivedAtUs, connection: '', payload } as const;
      };
      const storedOf = (...records: SpoolRecord[]) => {
        const { liquidation, quarantine } = batchesOf(records, { source: 'liquidations-okx' });
        return [liquidation.rowCount, quarantine.rowCount];
      };
      expect(storedOf(message)).toEqual([0, 1]);
      expect(storedOf(event(aheadUs / 2), message)).toEqual([0, 1]);
      expect(storedOf(event(aheadUs), message)).toEqual([1, 0]);
      // Ours was set right since.
      expect(storedOf(event(aheadUs), { ...message, receivedAtUs: NOW_US })).toEqual([1, 0]);
    }
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
        expect(parsed.orders.length + parsed.rejected.length).toBeGreaterThanOrEqual(0);
        const { data } = JSON.parse(text) as {
          data: { instId?: unknown; details?: Record<string, unknown>[] }[];
        };
        for (const order of parsed.orders) {
          const sent = data
            .filter(({ instId }) => instId === order.symbol)
            .flatMap(({ details = [] }) => details)
            .find(({ sz, bkPx }) => Number(sz) === order.quantity && Number(bkPx) === order.price);
          expect(sent?.side).toBe(order.side.toLowerCase());
          expect(Number(sent?.ts) * 1000).toBe(order.tradeTimeUs);
        }
      }),
    );
  });
});

it.each([
  [DOCS, 'data'],
  ['{"arg":{"channel":"tickers","instId":"BTC-USDT-SWAP"},"data":[{}]}', 'tick'],
  ['pong', 'pong'],
  ['{"event":"subscribe","arg":{"channel":"liquidation-orders","instType":"SWAP"},"connId":"a4"}', 'ack'],
  ['{"event":"error","code":"60012","msg":"Invalid request","connId":"a4"}', 'refused'],
  ['{"event":"channel-conn-count","channel":"x","connCount":"2","connId":"a"}', 'other'],
  ['', 'other'],
])('a frame of OKX: %s is %s', (text, kind) => {
  expect(classifyFrame(Buffer.from(text))).toBe(kind);
});

it('each channel is subscribed by a frame of its own, the canary last', () => {
  const [plan] = OKX_LIQUIDATIONS.feed?.plan({ OKX_WS_URL: 'ws://x' }, {}) ?? [];
  const frames = OKX_LIQUIDATIONS.feed?.subscription?.subscribe(plan?.topics ?? []) ?? [];
  expect(plan?.url).toBe('ws://x/ws/v5/public');
  expect(frames.map(({ text }) => JSON.parse(text).args)).toEqual([
    [{ channel: 'liquidation-orders', instType: 'SWAP' }],
    [{ channel: 'liquidation-orders', instType: 'FUTURES' }],
    [{ channel: 'tickers', instId: 'BTC-USDT-SWAP' }],
  ]);
});

it('contract values are those that are answered; the others are left out', () => {
  const data = [
    { instId: 'BTC-USDT-SWAP', ctVal: '0.01', ctType: 'linear' },
    { instId: 'BTC-USD-SWAP', ctVal: '100', ctType: 'inverse' },
    { instId: 'X', ctVal: '', ctType: 'linear' },
    { instId: 'Y', ctVal: '1', ctType: '' },
    null,
  ];
  expect(parseContracts(JSON.stringify({ code: '0', data }))).toEqual({
    'BTC-USDT-SWAP': [0.01, 0],
    'BTC-USD-SWAP': [100, 1],
  });
  for (const body of ['x', '{}', '[]', '{"code":"50011","data":[]}', '{"code":"0","data":7}'])
    expect(parseContracts(body)).toBeUndefined();
});
