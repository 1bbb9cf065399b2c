/** One-minute bars from aggregate trades, with exact sums: equal to the exchange's, value for value. */
import {
  addScaled,
  compareScaled,
  multiplyScaled,
  type ScaledDecimal,
  scaledToNumber,
  ZERO,
} from '../base/scaled-decimal.ts';
import { type Bar, MINUTE_US } from './bar.ts';

/** An aggregate trade with its numbers as they were sent. */
export interface ExactTrade {
  readonly firstTradeId: number;
  readonly lastTradeId: number;
  readonly price: ScaledDecimal;
  readonly quantity: ScaledDecimal;
  readonly isBuyerMaker: boolean;
  /** Microseconds since the epoch. */
  readonly tradeTimeUs: number;
}

/** @param trades of one symbol, in the order of their ids. @returns a bar for each minute with a trade, oldest first. */
export function foldTrades(market: string, symbol: string, trades: readonly ExactTrade[]): readonly Bar[] {
  const minutes = new Map<number, ExactTrade[]>();
  for (const trade of trades) {
    const openTimeUs = trade.tradeTimeUs - (trade.tradeTimeUs % MINUTE_US);
    const own = minutes.get(openTimeUs);
    if (own === undefined) minutes.set(openTimeUs, [trade]);
    else own.push(trade);
  }
  return [...minutes]
    .sort(([a], [b]) => a - b)
    .map(([openTimeUs, own]) => foldMinute(market, symbol, openTimeUs, own));
}

function foldMinute(market: string, symbol: string, openTimeUs: number, trades: readonly ExactTrade[]): Bar {
  const [first] = trades;
  const last = trades.at(-1);
  if (first === undefined || last === undefined) throw new RangeError('a minute without trades');
  let [high, low] = [first.price, first.price];
  let [volume, quote, takerVolume, takerQuote] = [ZERO, ZERO, ZERO, ZERO];
  let tradeCount = 0;
  for (const { price, quantity, isBuyerMaker, firstTradeId, lastTradeId } of trades) {
    if (compareScaled(price, high) > 0) high = price;
    if (compareScaled(price, low) < 0) low = price;
    const value = multiplyScaled(price, quantity);
    volume = addScaled(volume, quantity);
    quote = addScaled(quote, value);
    tradeCount += lastTradeId - firstTradeId + 1;
    if (isBuyerMaker) continue;
    takerVolume = addScaled(takerVolume, quantity);
    takerQuote = addScaled(takerQuote, value);
  }
  return {
    market,
    symbol,
    openTimeUs,
    open: scaledToNumber(first.price),
    high: scaledToNumber(high),
    low: scaledToNumber(low),
    close: scaledToNumber(last.price),
    volume: scaledToNumber(volume),
    quoteVolume: scaledToNumber(quote),
    tradeCount,
    takerBuyVolume: scaledToNumber(takerVolume),
    takerBuyQuoteVolume: scaledToNumber(takerQuote),
    firstTradeId: first.firstTradeId,
    lastTradeId: last.lastTradeId,
    eventTimeUs: null,
  };
}
