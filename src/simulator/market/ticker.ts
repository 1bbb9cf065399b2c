/**
 * 24 h tickers. Prices follow a few slow waves of the time alone, so that every request at a time gets the same
 * answer, and highs and lows always enclose the last price.
 */
import { VOLUME_LEADERS } from './instrument-names.ts';
import type { Instrument } from './instruments.ts';
import type { SpotPair } from './spot-pairs.ts';

const DAY_MS = 86_400_000;
const MAX_SWING = 0.08;

export type TickerType = 'FULL' | 'MINI';

/** Prints with 8 decimals whatever the tick, as spot does. */
export function spotTicker(pair: SpotPair, type: TickerType, nowMs: number): Record<string, unknown> {
  if (pair.status !== 'TRADING') return deadTicker(pair, type, nowMs);
  const { open, last, weighted, count, volume } = statisticsAt(pair.symbol, pair.price, nowMs);
  const print = (value: number): string => Number(value.toFixed(pair.tickDecimals)).toFixed(8);
  const oneTick = 10 ** -pair.tickDecimals;
  const lastId = 1_000_000 + Math.floor(nowMs / 50);
  const window = {
    openPrice: print(open),
    highPrice: print(pair.price * (1 + MAX_SWING)),
    lowPrice: print(pair.price * (1 - MAX_SWING)),
  };
  const totals = {
    volume: volume.toFixed(8),
    quoteVolume: (volume * weighted).toFixed(8),
    openTime: nowMs - DAY_MS,
    closeTime: nowMs,
    firstId: lastId - count + 1,
    lastId,
    count,
  };
  if (type === 'MINI') return { symbol: pair.symbol, ...window, lastPrice: print(last), ...totals };
  return {
    symbol: pair.symbol,
    priceChange: (Number(print(last)) - Number(print(open))).toFixed(8),
    priceChangePercent: ((last / open - 1) * 100).toFixed(3),
    weightedAvgPrice: weighted.toFixed(8),
    prevClosePrice: print(open),
    lastPrice: print(last),
    lastQty: (volume / count).toFixed(8),
    bidPrice: print(last - oneTick),
    bidQty: (volume / 5000).toFixed(8),
    askPrice: print(last),
    askQty: (volume / 7000).toFixed(8),
    ...window,
    ...totals,
  };
}

/** As spot without bid, ask and previous close, and with the contract's own decimals. */
export function futuresTicker(instrument: Instrument, nowMs: number): Record<string, unknown> {
  const { open, last, weighted, count, volume } = statisticsAt(instrument.symbol, instrument.price, nowMs);
  const print = (value: number): string => value.toFixed(instrument.tickDecimals);
  const lots = volume.toFixed(instrument.quantityDecimals);
  const lastId = 1_000_000 + Math.floor(nowMs / 20);
  return {
    symbol: instrument.symbol,
    priceChange: print(Number(print(last)) - Number(print(open))),
    priceChangePercent: ((last / open - 1) * 100).toFixed(3),
    weightedAvgPrice: print(weighted),
    lastPrice: print(last),
    lastQty: (volume / count).toFixed(instrument.quantityDecimals),
    openPrice: print(open),
    highPrice: print(instrument.price * (1 + MAX_SWING)),
    lowPrice: print(instrument.price * (1 - MAX_SWING)),
    volume: lots,
    quoteVolume: (volume * weighted).toFixed(2),
    openTime: nowMs - DAY_MS,
    closeTime: nowMs,
    firstId: lastId - count + 1,
    lastId,
    count,
  };
}

function statisticsAt(
  symbol: string,
  price: number,
  nowMs: number,
): { open: number; last: number; weighted: number; count: number; volume: number } {
  const phase = phaseOf(symbol);
  const at = (timeMs: number): number =>
    price * (1 + 0.05 * Math.sin(timeMs / 5_400_000 + phase) + 0.02 * Math.sin(timeMs / 41_000 + 3 * phase));
  const count = 1000 + Math.floor(phase * 50_000);
  return {
    open: at(nowMs - DAY_MS),
    last: at(nowMs),
    weighted: price,
    count,
    volume: ((volumeUsd(symbol) + 1_000_000 * phase) / price) * (1 + 0.1 * Math.sin(nowMs / 600_000 + phase)),
  };
}

/** Of a day. */
function volumeUsd(symbol: string): number {
  const rank = VOLUME_LEADERS.findIndex((asset) => symbol === `${asset}USDT`);
  return rank < 0 ? 2_000_000 : 20_000_000 * 1.5 ** (VOLUME_LEADERS.length - rank);
}

/** Frozen at the last trade, or zeros throughout; no trades, and a window that ended days ago. */
function deadTicker(pair: SpotPair, type: TickerType, nowMs: number): Record<string, unknown> {
  const closeTime = nowMs - 4 * DAY_MS;
  const frozen = pair.price.toFixed(8);
  const zero = '0.00000000';
  const prices = { openPrice: frozen, highPrice: frozen, lowPrice: frozen, lastPrice: frozen };
  const totals = { volume: zero, quoteVolume: zero, openTime: closeTime - DAY_MS, closeTime };
  const ids = { firstId: -1, lastId: -1, count: 0 };
  if (type === 'MINI') return { symbol: pair.symbol, ...prices, ...totals, ...ids };
  return {
    symbol: pair.symbol,
    priceChange: zero,
    priceChangePercent: '0.000',
    weightedAvgPrice: zero,
    prevClosePrice: frozen,
    lastQty: zero,
    bidPrice: zero,
    bidQty: zero,
    askPrice: zero,
    askQty: zero,
    ...prices,
    ...totals,
    ...ids,
  };
}

function phaseOf(symbol: string): number {
  let hash = 7;
  for (const character of symbol) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 6283;
  return hash / 1000;
}
