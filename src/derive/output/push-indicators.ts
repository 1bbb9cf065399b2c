/** Indicators as rows of `indicators`. */
import type { INDICATORS_TABLE } from '../../lake/tables/indicators.ts';
import { lengthUsOf } from '../../lake/timeframe.ts';
import type { BarSeries } from '../bars/bar-series.ts';
import { INDICATOR_NAMES, type IndicatorSet } from '../indicators/indicator-set.ts';
import type { SymbolKey } from '../symbol-index.ts';
import type { PartitionWriter } from './partition-writer.ts';

/** The values of the bar that the set took last. */
export function pushIndicators(
  writer: PartitionWriter<typeof INDICATORS_TABLE>,
  { venue, market, symbol }: SymbolKey,
  { columns, timeframe }: BarSeries,
  row: number,
  { values }: IndicatorSet,
  inputsVersion: number,
): void {
  const cells = writer.begin();
  const openTime = columns.open_time[row] as number;
  cells.venue.push(venue);
  cells.market.push(market);
  cells.symbol.push(symbol);
  cells.open_time.push(openTime);
  cells.close_time.push(openTime + lengthUsOf(timeframe));
  writer.pushNumbers(INDICATOR_NAMES, values);
  cells.inputs_version.push(inputsVersion);
}
