/** OKX v5 as its docs have it: contract values, acknowledged channels, `liquidation-orders` and `tickers`, text pings. */

import type { SeededRandom } from '../../base/seeded-random.ts';
import { makeUpOrder } from '../venues/made-up-order.ts';
import type { ControlAnswer, VenueOrder, VenueProtocol } from '../venues/venue-protocol.ts';

const PATH = '/ws/v5/public';
const CANARY = 'BTC-USDT-SWAP';

interface Instrument {
  readonly instId: string;
  readonly instType: 'SWAP' | 'FUTURES';
  readonly ctType: 'linear' | 'inverse';
  readonly ctVal: string;
}

const INSTRUMENTS: readonly Instrument[] = [
  { instId: 'BTC-USDT-SWAP', instType: 'SWAP', ctType: 'linear', ctVal: '0.01' },
  { instId: 'ETH-USDT-SWAP', instType: 'SWAP', ctType: 'linear', ctVal: '0.1' },
  { instId: 'IOST-USDT-SWAP', instType: 'SWAP', ctType: 'linear', ctVal: '1000' },
  { instId: 'BTC-USD-SWAP', instType: 'SWAP', ctType: 'inverse', ctVal: '100' },
  { instId: 'BTC-USD-270326', instType: 'FUTURES', ctType: 'inverse', ctVal: '100' },
  { instId: 'ETH-USDT-270326', instType: 'FUTURES', ctType: 'linear', ctVal: '0.1' },
];

interface Arg {
  readonly channel: string;
  readonly instType?: string;
  readonly instId?: string;
}

export function createOkxProtocol(): VenueProtocol {
  return {
    paths: [PATH],
    answer(path, query, nowMs) {
      if (path === '/api/v5/public/time')
        return JSON.stringify({ code: '0', msg: '', data: [{ ts: String(nowMs) }] });
      if (path !== '/api/v5/public/instruments') return undefined;
      const data = INSTRUMENTS.filter(({ instType }) => instType === query.get('instType')).map((one) => {
        const [base, quote] = one.instId.split('-');
        const [ctValCcy, settleCcy] = one.ctType === 'linear' ? [base, quote] : [quote, base];
        return {
          ...one,
          ctValCcy,
          settleCcy,
          state: 'live',
          tickSz: '0.0001',
          lotSz: '1',
          baseCcy: '',
          quoteCcy: '',
        };
      });
      return JSON.stringify({ code: '0', msg: '', data });
    },
    control(text): ControlAnswer {
      if (text === 'ping') return { replies: ['pong'], subscribed: [], unsubscribed: [] };
      const { op, args = [] } = JSON.parse(text) as { readonly op?: string; readonly args?: readonly Arg[] };
      const replies = args.map((arg) => JSON.stringify({ event: op, arg, connId: 'a4d3ae55' }));
      const topics = args.map(topicOf);
      return {
        replies,
        subscribed: op === 'subscribe' ? topics : [],
        unsubscribed: op === 'unsubscribe' ? topics : [],
      };
    },
    liquidate(random, nowMs) {
      const instrument = INSTRUMENTS[random.below(INSTRUMENTS.length)] ?? (INSTRUMENTS[0] as Instrument);
      const details = Array.from({ length: 1 + random.below(3) }, (_, i) =>
        detail(instrument, nowMs - 500 + 100 * i, random),
      );
      const { instId, instType } = instrument;
      const uly = instId.split('-').slice(0, 2).join('-');
      const arg = { channel: 'liquidation-orders', instType };
      const data = [{ details, instFamily: uly, instId, instType, uly }];
      return {
        message: { path: PATH, topic: topicOf(arg), text: JSON.stringify({ arg, data }) },
        orders: details.map((sent) => orderOf(instrument, sent)),
      };
    },
    tick(nowMs) {
      const arg = { channel: 'tickers', instId: CANARY };
      const data = [{ instType: 'SWAP', instId: CANARY, last: '97000.1', ts: String(nowMs) }];
      return [{ path: PATH, topic: topicOf(arg), text: JSON.stringify({ arg, data }) }];
    },
  };
}

interface Detail {
  readonly bkLoss: string;
  readonly bkPx: string;
  readonly ccy: string;
  readonly posSide: 'long' | 'short';
  readonly side: 'buy' | 'sell';
  readonly sz: string;
  readonly ts: string;
}

function detail({ instId, ctType, ctVal }: Instrument, tradeTimeMs: number, random: SeededRandom): Detail {
  const isLong = random.next() < 0.5;
  const { price, valueUsd } = makeUpOrder(instId.split('-')[0] ?? '', random);
  const contractUsd = Number(ctVal) * (ctType === 'inverse' ? 1 : price);
  return {
    bkLoss: '0',
    bkPx: price.toFixed(4),
    ccy: '',
    posSide: isLong ? 'long' : 'short',
    side: isLong ? 'sell' : 'buy',
    sz: String(Math.ceil(valueUsd / contractUsd)),
    ts: String(tradeTimeMs),
  };
}

function orderOf(
  { instId, instType, ctType, ctVal }: Instrument,
  { side, sz, bkPx, ts }: Detail,
): VenueOrder {
  const [quantity, price, contractSize] = [Number(sz), Number(bkPx), Number(ctVal)];
  return {
    market: instType.toLowerCase(),
    symbol: instId,
    side: side === 'sell' ? 'SELL' : 'BUY',
    tradeTimeMs: Number(ts),
    quantity,
    price,
    contractSize,
    notional: quantity * contractSize * (ctType === 'inverse' ? 1 : price),
  };
}

function topicOf({ channel, instType = '', instId = '' }: Arg): string {
  return `${channel}:${instType}${instId}`;
}
