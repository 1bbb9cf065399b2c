/** Indicators as rows of `indicators`. */
import type { INDICATORS_TABLE } from '../../lake/tables/indicators.ts';
import type { BarSeries } from '../bars/bar-series.ts';
import { INDICATOR_NAMES, type IndicatorSet } from '../indicators/indicator-set.ts';
import type { SymbolKey } from '../symbol-index.ts';
import type { PartitionWriter } from './partition-writer.ts';
import { pushBarKey } from './push-bar-key.ts';

/** The values of the bar that the set took last. */
export function pushIndicators(
  writer: PartitionWriter<typeof INDICATORS_TABLE>,
  key: SymbolKey,
  { columns, timeframe }: BarSeries,
  row: number,
  { values }: IndicatorSet,
  inputsVersion: number,
): void {
  const cells = writer.begin();
  pushBarKey(cells, key, columns.open_time[row] as number, timeframe);
  writer.pushNumbers(INDICATOR_NAMES, values);
  cells.inputs_version.push(inputsVersion);
}
