/** Rolled up bars as rows of `bars_rollup`. */
import { BAR_VALUE_COLUMNS } from '../../lake/tables/bar-columns.ts';
import type { BARS_ROLLUP_TABLE } from '../../lake/tables/bars-rollup.ts';
import { lengthUsOf, minutesOf } from '../../lake/timeframe.ts';
import { COMPLETENESS, ORIGINS } from '../bars/bar-series.ts';
import type { RolledUp } from '../bars/roll-up.ts';
import type { SymbolKey } from '../symbol-index.ts';
import type { PartitionWriter } from './partition-writer.ts';
import { pushBarKey } from './push-bar-key.ts';

/** @param span that the rows are to begin in. @param shareOf what share of a span was listened to. */
export function pushBars(
  writer: PartitionWriter<typeof BARS_ROLLUP_TABLE>,
  key: SymbolKey,
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
    pushBarKey(cells, key, openTime, timeframe);
    for (const name of VALUES) cells[name].push(orNull(columns[name][row] as number));
    cells.origin.push(ORIGINS[bars.origin[row] as number] ?? null);
    cells.completeness.push(COMPLETENESS[bars.completeness[row] as number] ?? null);
    cells.connection.push(null);
    cells.minutes.push(minutes[row] as number);
    cells.minutes_expected.push(expected);
    cells.listened_share.push(shareOf(openTime, openTime + lengthUs));
  }
}

const VALUES = [...BAR_VALUE_COLUMNS, 'event_time', 'known_at'] as const;

function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
