/** The columns that say which bar a row of a derived table is about. */
import { lengthUsOf, type Timeframe } from '../../lake/timeframe.ts';
import type { SymbolKey } from '../symbol-index.ts';

interface Sink<T> {
  push(value: T): void;
}

interface KeyColumns {
  readonly venue: Sink<string>;
  readonly market: Sink<string>;
  readonly symbol: Sink<string>;
  readonly open_time: Sink<number>;
  readonly close_time: Sink<number>;
}

export function pushBarKey(
  cells: KeyColumns,
  { venue, market, symbol }: SymbolKey,
  openTimeUs: number,
  timeframe: Timeframe,
): void {
  cells.venue.push(venue);
  cells.market.push(market);
  cells.symbol.push(symbol);
  cells.open_time.push(openTimeUs);
  cells.close_time.push(openTimeUs + lengthUsOf(timeframe));
}
