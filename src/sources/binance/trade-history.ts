/** Aggregate trades by REST. Source: Binance docs, `GET /api/v3/aggTrades` (weight 4), `/fapi/v1/aggTrades` (weight 20). */
import { groupOf } from '../../network/websocket/feed-spec.ts';
import type { PollRequest } from '../poll-spec.ts';
import type { TradeHistorySpec } from '../trade-history-spec.ts';
import { restRoot } from './kline-history.ts';
import { parseAggregateTrade } from './parse-aggregate-trade.ts';

export const TRADE_STREAM = 'aggTrade';

const MAX_TRADES = 1000;
const SPOT_WEIGHT = 4;
const FUTURES_WEIGHT = 20;
/** Without an end the exchange looks no further than an hour. */
const LOOK_MS = 3_600_000;
const ID = /"a":(\d{1,16})[,}]/;
const SYMBOL = /"s":"([^"]{1,64})"/;

function request(
  addresses: Readonly<Record<string, string>>,
  market: string,
  symbol: string,
  query: string,
  trades?: { readonly symbol: string; readonly fromId: number; readonly toId: number },
): PollRequest {
  return {
    url: `${restRoot(addresses, market)}/aggTrades?symbol=${encodeURIComponent(symbol)}&${query}`,
    weight: market === 'spot' ? SPOT_WEIGHT : FUTURES_WEIGHT,
    info: { market, stream: TRADE_STREAM, ...(trades ? { trades } : {}) },
  };
}

export const BINANCE_TRADE_HISTORY: TradeHistorySpec = {
  maxTrades: MAX_TRADES,
  // COIN-M counts contracts, and rounds what they are worth in the base asset trade by trade.
  hasPlainQuote: (market) => market !== 'coinm',
  request: (addresses, market, symbol, { fromId, toId }) =>
    request(addresses, market, symbol, `fromId=${fromId}&limit=${Math.min(MAX_TRADES, toId - fromId)}`, {
      symbol,
      fromId,
      toId,
    }),
  requestAt: (addresses, market, symbol, timeUs) =>
    request(
      addresses,
      market,
      symbol,
      `startTime=${timeUs / 1000}&endTime=${timeUs / 1000 + LOOK_MS - 1}&limit=1`,
    ),
  parse(body) {
    let value: unknown;
    try {
      value = JSON.parse(body);
    } catch {
      return 'not JSON';
    }
    if (!Array.isArray(value)) return 'not a list of trades';
    return (value as readonly unknown[]).map((item) => {
      const trade = parseAggregateTrade(item);
      return typeof trade === 'string' ? { raw: JSON.stringify(item), reason: trade } : trade;
    });
  },
  idIn(connection, frame) {
    if (!frame.includes(TRADE_STREAM)) return undefined;
    const text = frame.toString();
    const id = ID.exec(text)?.[1];
    const symbol = SYMBOL.exec(text)?.[1];
    if (id === undefined || symbol === undefined) return undefined;
    return { market: groupOf(connection).split('.')[0] ?? '', symbol, id: Number(id) };
  },
};
