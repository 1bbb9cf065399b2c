/** Folds trades of the tape to bars, and prints them as the exchange does. */
import type { TapeSymbol } from './tape-symbol.ts';
import { MINUTE_MS, type TapeTrade, type TradeTape } from './trade-tape.ts';

/** Prices in ticks, volumes in lots, quote sums in units of the symbol's quote decimals. */
export interface TapeBar {
  readonly openTimeMs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly quote: number;
  readonly takerVolume: number;
  readonly takerQuote: number;
  readonly tradeCount: number;
  /** −1 without a trade. */
  readonly firstTradeId: number;
  readonly lastTradeId: number;
}

/** How far back the close of a minute without trades is looked for. */
const MAX_QUIET_MINUTES = 60;

export function barOf(
  tape: TradeTape,
  of: TapeSymbol,
  minute: number,
  untilMs = Number.POSITIVE_INFINITY,
): TapeBar {
  const trades = tape.trades(of, minute);
  return foldTrades(
    of,
    minute * MINUTE_MS,
    untilMs === Number.POSITIVE_INFINITY ? trades : trades.filter(({ timeMs }) => timeMs <= untilMs),
    () => closeBefore(tape, of, minute),
  );
}

export function foldTrades(
  of: TapeSymbol,
  openTimeMs: number,
  trades: readonly TapeTrade[],
  lastClose: () => number,
): TapeBar {
  const [first] = trades;
  const last = trades.at(-1);
  if (first === undefined || last === undefined) {
    const price = lastClose();
    const none = { volume: 0, quote: 0, takerVolume: 0, takerQuote: 0, tradeCount: 0 };
    return {
      openTimeMs,
      open: price,
      high: price,
      low: price,
      close: price,
      ...none,
      firstTradeId: -1,
      lastTradeId: -1,
    };
  }
  const bar = { volume: 0, quote: 0, takerVolume: 0, takerQuote: 0 };
  let [high, low] = [0, Number.POSITIVE_INFINITY];
  for (const { price, quantity, isBuyerMaker } of trades) {
    const quote = quoteOf(of, price, quantity);
    high = Math.max(high, price);
    low = Math.min(low, price);
    bar.volume += quantity;
    bar.quote += quote;
    if (isBuyerMaker) continue;
    bar.takerVolume += quantity;
    bar.takerQuote += quote;
  }
  const { firstTradeId } = first;
  const { lastTradeId } = last;
  return {
    openTimeMs,
    open: first.price,
    high,
    low,
    close: last.price,
    ...bar,
    tradeCount: lastTradeId - firstTradeId + 1,
    firstTradeId,
    lastTradeId,
  };
}

/** The fields of a bar as texts and numbers of the wire. */
export function printBar(of: TapeSymbol, bar: TapeBar) {
  const price = (ticks: number) => decimalText(ticks, of.tickDecimals, of.priceDecimals);
  const volume = (lots: number) => decimalText(lots, of.lotDecimals, of.quantityDecimals);
  const quote = (units: number) => decimalText(units, of.quoteDecimals, of.quoteDecimals);
  return {
    open: price(bar.open),
    high: price(bar.high),
    low: price(bar.low),
    close: price(bar.close),
    volume: volume(bar.volume),
    quote: quote(bar.quote),
    takerVolume: volume(bar.takerVolume),
    takerQuote: quote(bar.takerQuote),
    tradeCount: bar.tradeCount,
  };
}

/** A whole number of 10^-scale as a decimal text, with zeros up to `printed` places. */
export function decimalText(units: number, scale: number, printed: number): string {
  const digits = String(units).padStart(scale + 1, '0');
  const [whole, fraction] = scale === 0 ? [digits, ''] : [digits.slice(0, -scale), digits.slice(-scale)];
  const padded = fraction.padEnd(printed, '0');
  return padded === '' ? whole : `${whole}.${padded}`;
}

function quoteOf(of: TapeSymbol, price: number, quantity: number): number {
  if (of.contractSize !== undefined)
    return Math.round(((quantity * of.contractSize) / price) * 10 ** (of.tickDecimals + of.quoteDecimals));
  return price * quantity * 10 ** (of.quoteDecimals - of.tickDecimals - of.lotDecimals);
}

function closeBefore(tape: TradeTape, of: TapeSymbol, minute: number): number {
  for (let back = 1; back <= MAX_QUIET_MINUTES; back++) {
    const last = tape.trades(of, minute - back).at(-1);
    if (last !== undefined) return last.price;
  }
  return tape.priceAt(of, minute * MINUTE_MS);
}
