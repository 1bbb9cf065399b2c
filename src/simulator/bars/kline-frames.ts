/** A bar as the exchange writes it: in a stream's frame, in a REST answer, in a line of the archive. */
import { decimalText, printBar, type TapeBar } from './tape-bar.ts';
import type { TapeSymbol } from './tape-symbol.ts';
import { MINUTE_MS, type TapeTrade } from './trade-tape.ts';

/** The event of `<symbol>@kline_1m`. Source: Binance spot and futures docs, "Kline/Candlestick Streams". */
export function klineEvent(of: TapeSymbol, bar: TapeBar, isClosed: boolean, eventTimeMs: number): string {
  const printed = printBar(of, bar);
  return JSON.stringify({
    e: 'kline',
    E: eventTimeMs,
    s: of.symbol,
    ...(of.market === 'spot' ? {} : { ps: of.symbol.split('_')[0], st: of.market === 'coinm' ? 2 : 1 }),
    k: {
      t: bar.openTimeMs,
      T: bar.openTimeMs + MINUTE_MS - 1,
      s: of.symbol,
      i: '1m',
      f: bar.firstTradeId,
      L: bar.lastTradeId,
      o: printed.open,
      c: printed.close,
      h: printed.high,
      l: printed.low,
      v: printed.volume,
      n: printed.tradeCount,
      x: isClosed,
      q: printed.quote,
      V: printed.takerVolume,
      Q: printed.takerQuote,
      B: '0',
    },
  });
}

/** The twelve items of REST and archive. */
export function klineItems(of: TapeSymbol, bar: TapeBar): readonly (string | number)[] {
  const printed = printBar(of, bar);
  return [
    bar.openTimeMs,
    printed.open,
    printed.high,
    printed.low,
    printed.close,
    printed.volume,
    bar.openTimeMs + MINUTE_MS - 1,
    printed.quote,
    printed.tradeCount,
    printed.takerVolume,
    printed.takerQuote,
    '0',
  ];
}

/** The fields of an aggregate trade, as stream and REST have them. */
export function aggregateTradeFields(of: TapeSymbol, trade: TapeTrade) {
  return {
    a: trade.aggregateId,
    p: decimalText(trade.price, of.tickDecimals, of.priceDecimals),
    q: decimalText(trade.quantity, of.lotDecimals, of.quantityDecimals),
    f: trade.firstTradeId,
    l: trade.lastTradeId,
    T: trade.timeMs,
    m: trade.isBuyerMaker,
    ...(of.market === 'spot' ? { M: true } : {}),
  };
}
