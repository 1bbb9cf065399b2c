/** Rolled up bars as rows of `bars_rollup`. */
import type { BARS_ROLLUP_TABLE } from '../../lake/tables/bars-rollup.ts';
import { lengthUsOf, minutesOf } from '../../lake/timeframe.ts';
import { COMPLETENESS, ORIGINS } from '../bars/bar-series.ts';
import type { RolledUp } from '../bars/roll-up.ts';
import type { SymbolKey } from '../symbol-index.ts';
import type { PartitionWriter } from './partition-writer.ts';

/** @param span that the rows are to begin in. @param shareOf what share of a span was listened to. */
export function pushBars(
  writer: PartitionWriter<typeof BARS_ROLLUP_TABLE>,
  { venue, market, symbol }: SymbolKey,
  { bars, minutes }: RolledUp,
  span: { readonly fromUs: number; readonly untilUs: number },
  shareOf: (fromUs: number, untilUs: number) => number,
): void {
  const { columns, timeframe } = bars;
  const lengthUs = lengthUsOf(timeframe);
  const expected = minutesOf(timeframe);
  const end = bars.firstAtOrAfter(span.untilUs);
  for (let row = bars.firstAtOrAfter(span.fromUs); row < end; row++) {
    const cells = writer.begin();
    const openTime = columns.open_time[row] as number;
    cells.venue.push(venue);
    cells.market.push(market);
    cells.symbol.push(symbol);
    cells.open_time.push(openTime);
    cells.close_time.push(openTime + lengthUs);
    for (const name of VALUES) cells[name].push(orNull(columns[name][row] as number));
    cells.origin.push(ORIGINS[bars.origin[row] as number] ?? null);
    cells.completeness.push(COMPLETENESS[bars.completeness[row] as number] ?? null);
    cells.connection.push(null);
    cells.minutes.push(minutes[row] as number);
    cells.minutes_expected.push(expected);
    cells.listened_share.push(shareOf(openTime, openTime + lengthUs));
  }
}

const VALUES = [
  'open',
  'high',
  'low',
  'close',
  'volume',
  'quote_volume',
  'trade_count',
  'taker_buy_volume',
  'taker_buy_quote_volume',
  'first_trade_id',
  'last_trade_id',
  'event_time',
  'known_at',
] as const;

function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
