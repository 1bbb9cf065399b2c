/** Bybit v5 as its docs have it: instruments in pages, acknowledged subscriptions, `allLiquidation` and `tickers`. */

import type { SeededRandom } from '../../base/seeded-random.ts';
import { makeUpOrder } from '../venues/made-up-order.ts';
import type { ControlAnswer, VenueMessage, VenueOrder, VenueProtocol } from '../venues/venue-protocol.ts';

const CATEGORIES = ['linear', 'inverse'] as const;
type Category = (typeof CATEGORIES)[number];

const SYMBOLS: Readonly<Record<Category, readonly string[]>> = {
  linear: ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', '1000PEPEUSDT', 'BTCPERP', 'BTCUSDT-26MAR27', '币安人生USDT'],
  inverse: ['BTCUSD', 'ETHUSD', 'BTCUSDH27'],
};
const CANARIES: Readonly<Record<Category, string>> = { linear: 'BTCUSDT', inverse: 'BTCUSD' };
/** Smaller than what is asked for, so that the list has several pages. */
const PAGE_SIZE = 3;

export interface BybitProtocolOptions {
  /** Beside the usual ones. */
  readonly moreLinear?: readonly string[];
  /** What `subscribe` does not know, though the list has it. */
  readonly unknown?: readonly string[];
}

export function createBybitProtocol({
  moreLinear = [],
  unknown = [],
}: BybitProtocolOptions = {}): VenueProtocol {
  const symbols = { ...SYMBOLS, linear: [...SYMBOLS.linear, ...moreLinear] };

  function instruments(query: URLSearchParams): string {
    const category: Category = query.get('category') === 'inverse' ? 'inverse' : 'linear';
    const from = Number(query.get('cursor') ?? 0);
    const size = Math.max(PAGE_SIZE, Math.ceil(symbols[category].length / 4));
    const page = symbols[category].slice(from, from + size);
    const next = from + size < symbols[category].length ? String(from + size) : '';
    const list = page.map((symbol) => ({
      symbol,
      contractType: category === 'linear' ? 'LinearPerpetual' : 'InversePerpetual',
      status: 'Trading',
      baseCoin: symbol.slice(0, 3),
      quoteCoin: category === 'linear' ? 'USDT' : 'USD',
      priceFilter: { tickSize: '0.0001' },
      lotSizeFilter: { qtyStep: '1' },
    }));
    return JSON.stringify({
      retCode: 0,
      retMsg: 'OK',
      result: { category, list, nextPageCursor: next },
      time: Date.now(),
    });
  }

  return {
    paths: CATEGORIES.map((category) => `/v5/public/${category}`),
    answer(path, query, nowMs) {
      if (path === '/v5/market/instruments-info') return instruments(query);
      if (path !== '/v5/market/time') return undefined;
      const timeSecond = String(Math.floor(nowMs / 1000));
      return JSON.stringify({ retCode: 0, retMsg: 'OK', result: { timeSecond }, time: nowMs });
    },
    control(text): ControlAnswer {
      const { op, args = [] } = JSON.parse(text) as {
        readonly op?: string;
        readonly args?: readonly string[];
      };
      if (op === 'ping') return answerOf({ success: true, ret_msg: 'pong', op: 'ping' });
      const bad = args.find((topic) => unknown.includes(topic.slice(topic.indexOf('.') + 1)));
      if (bad !== undefined)
        return answerOf({ success: false, ret_msg: `error:handler not found,topic:${bad}`, op });
      const done = answerOf({ success: true, ret_msg: op, op });
      if (op === 'subscribe') return { ...done, subscribed: args };
      return op === 'unsubscribe' ? { ...done, unsubscribed: args } : done;
    },
    liquidate(random, nowMs) {
      const category = random.next() < 0.7 ? 'linear' : 'inverse';
      const symbol = symbols[category][random.below(symbols[category].length)] ?? 'BTCUSDT';
      const rows = Array.from({ length: 1 + random.below(3) }, (_, i) =>
        row(category, symbol, nowMs - 300 - i, random),
      );
      const topic = `allLiquidation.${symbol}`;
      return {
        message: { path: `/v5/public/${category}`, topic, text: frame(topic, nowMs, rows) },
        orders: rows.map((sent) => orderOf(category, sent)),
      };
    },
    tick: (nowMs): VenueMessage[] =>
      CATEGORIES.map((category) => {
        const symbol = CANARIES[category];
        const data = { symbol, lastPrice: '97000.5' };
        const text = JSON.stringify({ topic: `tickers.${symbol}`, type: 'snapshot', data, cs: 1, ts: nowMs });
        return { path: `/v5/public/${category}`, topic: `tickers.${symbol}`, text };
      }),
  };
}

interface Row {
  readonly T: number;
  readonly s: string;
  /** Of the position: `Buy` is a long. */
  readonly S: 'Buy' | 'Sell';
  readonly v: string;
  readonly p: string;
}

function row(category: Category, s: string, T: number, random: SeededRandom): Row {
  const { price, valueUsd } = makeUpOrder(/^(.+?)USD/.exec(s)?.[1] ?? s, random);
  const v = category === 'inverse' ? String(Math.ceil(valueUsd)) : (valueUsd / price).toFixed(3);
  return { T, s, S: random.next() < 0.5 ? 'Buy' : 'Sell', v, p: price.toFixed(4) };
}

function frame(topic: string, ts: number, data: readonly Row[]): string {
  return JSON.stringify({ topic, type: 'snapshot', ts, data });
}

function orderOf(market: Category, { T, s, S, v, p }: Row): VenueOrder {
  const [quantity, price] = [Number(v), Number(p)];
  const isInverse = market === 'inverse';
  return {
    market,
    symbol: s,
    side: S === 'Buy' ? 'SELL' : 'BUY',
    tradeTimeMs: T,
    quantity,
    price,
    contractSize: isInverse ? 1 : null,
    notional: isInverse ? quantity : quantity * price,
  };
}

function answerOf(fields: object): ControlAnswer {
  const text = JSON.stringify({ ...fields, conn_id: '2324d924-aa4d-45b0-a858-7b8be29ab52b', req_id: '' });
  return { replies: [text], subscribed: [], unsubscribed: [] };
}
