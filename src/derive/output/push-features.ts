/** Features as rows of `features`. */
import { FEATURE_NAMES, type FEATURES_TABLE } from '../../lake/tables/features.ts';
import { lengthUsOf } from '../../lake/timeframe.ts';
import type { BarSeries } from '../bars/bar-series.ts';
import { FEATURE_DEFINITION } from '../features/feature-definition.ts';
import type { FeatureSet } from '../features/feature-set.ts';
import type { SymbolKey } from '../symbol-index.ts';
import type { PartitionWriter } from './partition-writer.ts';

/** The features of the bar that the set took last. */
export function pushFeatures(
  writer: PartitionWriter<typeof FEATURES_TABLE>,
  { venue, market, symbol }: SymbolKey,
  { columns, timeframe }: BarSeries,
  row: number,
  { values, knownAtUs }: FeatureSet,
  inputsVersion: number,
): void {
  const cells = writer.begin();
  const openTime = columns.open_time[row] as number;
  cells.venue.push(venue);
  cells.market.push(market);
  cells.symbol.push(symbol);
  cells.open_time.push(openTime);
  cells.close_time.push(openTime + lengthUsOf(timeframe));
  writer.pushNumbers(FEATURE_NAMES, values);
  cells.known_at.push(knownAtUs);
  cells.inputs_version.push(inputsVersion);
  cells.definition.push(FEATURE_DEFINITION);
}
