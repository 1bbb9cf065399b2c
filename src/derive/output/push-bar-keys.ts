/** The columns that say which bars some rows of a derived table are about. */
import type { NumberColumn, TextColumn } from '../../ingest/rows/column-builder.ts';
import { lengthUsOf } from '../../lake/timeframe.ts';
import type { BarSeries } from '../bars/bar-series.ts';
import type { SymbolKey } from '../symbol-index.ts';

interface KeyColumns {
  readonly venue: TextColumn;
  readonly market: TextColumn;
  readonly symbol: TextColumn;
  readonly open_time: NumberColumn;
  readonly close_time: NumberColumn;
}

/** Of the bars from one row to another (exclusive). */
export function pushBarKeys(
  cells: KeyColumns,
  { venue, market, symbol }: SymbolKey,
  { columns, timeframe }: BarSeries,
  fromRow: number,
  untilRow: number,
): void {
  const rows = untilRow - fromRow;
  cells.venue.repeat(venue, rows);
  cells.market.repeat(market, rows);
  cells.symbol.repeat(symbol, rows);
  cells.open_time.appendFinite(columns.open_time.subarray(fromRow, untilRow));
  const lengthUs = lengthUsOf(timeframe);
  for (let row = fromRow; row < untilRow; row++)
    cells.close_time.pushFinite((columns.open_time[row] as number) + lengthUs);
}
