/** `klines` and `aggTrades` of spot, USDⓈ-M and COIN-M: parameters, their limits and weights. */
import type { BarMarket } from '../bars/bar-market.ts';
import { aggregateTradeFields, klineItems } from '../bars/kline-frames.ts';
import type { TapeMarket } from '../bars/tape-symbol.ts';
import { MINUTE_MS, type TapeTrade } from '../bars/trade-tape.ts';
import { errorAnswer, jsonAnswer, type RestAnswer } from './rest-answer.ts';

const SPOT_MAX = 1000;
const FUTURES_MAX = 1500;
const DEFAULT_LIMIT = 500;
/** 2017-01-01. */
const FIRST_MS = 1_483_228_800_000;
const HOUR_MS = 3_600_000;

export function answerKlines(
  bars: BarMarket,
  market: TapeMarket,
  query: URLSearchParams,
  nowMs: number,
): RestAnswer {
  const pool = market === 'spot' ? 'spot' : 'futures';
  const of = bars.symbol(market, query.get('symbol') ?? '');
  if (of === undefined) return errorAnswer(pool, -1121, 'Invalid symbol.');
  if (query.get('interval') !== '1m') return errorAnswer(pool, -1120, 'Invalid interval.');
  const limit = limitOf(query, market === 'spot' ? SPOT_MAX : FUTURES_MAX);
  const endMs = Math.min(timeOf(query, 'endTime') ?? nowMs, nowMs);
  const startMs = timeOf(query, 'startTime') ?? endMs - (limit - 1) * MINUTE_MS;
  const rows: (readonly (string | number)[])[] = [];
  const firstMinute = Math.ceil(Math.max(startMs, FIRST_MS) / MINUTE_MS);
  for (let minute = firstMinute; minute * MINUTE_MS <= endMs && rows.length < limit; minute++) {
    if (bars.isKept(minute)) rows.push(klineItems(of, bars.bar(of, minute, nowMs)));
  }
  return jsonAnswer(pool, market === 'spot' ? 2 : futuresWeight(limit), rows);
}

export function answerAggregateTrades(
  bars: BarMarket,
  market: TapeMarket,
  query: URLSearchParams,
  nowMs: number,
): RestAnswer {
  const pool = market === 'spot' ? 'spot' : 'futures';
  const of = bars.symbol(market, query.get('symbol') ?? '');
  if (of === undefined) return errorAnswer(pool, -1121, 'Invalid symbol.');
  const limit = limitOf(query, SPOT_MAX);
  const fromId = query.get('fromId');
  const startMs = timeOf(query, 'startTime');
  const endMs = Math.min(timeOf(query, 'endTime') ?? nowMs, nowMs);
  const rows: TapeTrade[] = [];
  const first =
    fromId !== null
      ? bars.minuteOf(of, Number(fromId))
      : Math.floor((startMs ?? endMs - HOUR_MS) / MINUTE_MS);
  for (let minute = first; minute * MINUTE_MS <= endMs && rows.length < limit; minute++) {
    for (const trade of bars.trades(of, minute)) {
      const isWanted = fromId === null ? trade.timeMs >= (startMs ?? 0) : trade.aggregateId >= Number(fromId);
      if (isWanted && trade.timeMs <= endMs && rows.length < limit) rows.push(trade);
    }
  }
  return jsonAnswer(
    pool,
    market === 'spot' ? 4 : 20,
    rows.map((trade) => aggregateTradeFields(of, trade)),
  );
}

function futuresWeight(limit: number): number {
  if (limit < 100) return 1;
  if (limit < 500) return 2;
  return limit <= 1000 ? 5 : 10;
}

function limitOf(query: URLSearchParams, most: number): number {
  const limit = Number(query.get('limit') ?? DEFAULT_LIMIT);
  return Number.isInteger(limit) && limit > 0 ? Math.min(limit, most) : DEFAULT_LIMIT;
}

function timeOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  return text === null || !/^\d{13}$/.test(text) ? undefined : Number(text);
}
