/** Features as rows of `features`. */
import { FEATURE_NAMES, type FEATURES_TABLE } from '../../lake/tables/features.ts';
import type { BarSeries } from '../bars/bar-series.ts';
import { FEATURE_DEFINITION } from '../features/feature-definition.ts';
import type { FeatureSet } from '../features/feature-set.ts';
import type { SymbolKey } from '../symbol-index.ts';
import type { PartitionWriter } from './partition-writer.ts';
import { pushBarKey } from './push-bar-key.ts';

/** The features of the bar that the set took last. */
export function pushFeatures(
  writer: PartitionWriter<typeof FEATURES_TABLE>,
  key: SymbolKey,
  { columns, timeframe }: BarSeries,
  row: number,
  { values, knownAtUs }: FeatureSet,
  inputsVersion: number,
): void {
  const cells = writer.begin();
  pushBarKey(cells, key, columns.open_time[row] as number, timeframe);
  writer.pushNumbers(FEATURE_NAMES, values);
  cells.known_at.push(knownAtUs);
  cells.inputs_version.push(inputsVersion);
  cells.definition.push(FEATURE_DEFINITION);
}
