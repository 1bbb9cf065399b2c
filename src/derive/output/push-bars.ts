/** Rolled up bars as rows of `bars_rollup`. */
import { BAR_VALUE_COLUMNS } from '../../lake/tables/bar-columns.ts';
import type { BARS_ROLLUP_TABLE } from '../../lake/tables/bars-rollup.ts';
import { lengthUsOf, minutesOf } from '../../lake/timeframe.ts';
import { COMPLETENESS, ORIGINS } from '../bars/bar-series.ts';
import type { RolledUp } from '../bars/roll-up.ts';
import type { SymbolKey } from '../symbol-index.ts';
import type { PartitionWriter } from './partition-writer.ts';
import { pushBarKeys } from './push-bar-keys.ts';

/** @param span that the rows are to begin in. @param shareOf what share of a span was listened to. */
export function pushBars(
  writer: PartitionWriter<typeof BARS_ROLLUP_TABLE>,
  key: SymbolKey,
  { bars, minutes }: RolledUp,
  span: { readonly fromUs: number; readonly untilUs: number },
  shareOf: (fromUs: number, untilUs: number) => number,
): void {
  const { columns, timeframe } = bars;
  const [from, until] = [bars.firstAtOrAfter(span.fromUs), bars.firstAtOrAfter(span.untilUs)];
  const cells = writer.begin(until - from);
  pushBarKeys(cells, key, bars, from, until);
  for (const name of VALUES) cells[name].appendFinite(columns[name].subarray(from, until));
  cells.connection.repeat(null, until - from);
  cells.minutes_expected.repeat(minutesOf(timeframe), until - from);
  const lengthUs = lengthUsOf(timeframe);
  for (let row = from; row < until; row++) {
    const openTime = columns.open_time[row] as number;
    cells.origin.push(ORIGINS[bars.origin[row] as number] ?? null);
    cells.completeness.push(COMPLETENESS[bars.completeness[row] as number] ?? null);
    cells.minutes.pushFinite(minutes[row] as number);
    cells.listened_share.pushFinite(shareOf(openTime, openTime + lengthUs));
  }
}

const VALUES = [...BAR_VALUE_COLUMNS, 'event_time', 'known_at'] as const;
