/** Features as rows of `features`. */
import { FEATURE_NAMES, type FEATURES_TABLE } from '../../lake/tables/features.ts';
import type { Timeframe } from '../../lake/timeframe.ts';
import type { BarSeries } from '../bars/bar-series.ts';
import { FEATURE_DEFINITION } from '../features/feature-definition.ts';
import { FeatureSet, type LiquidationsOf } from '../features/feature-set.ts';
import type { BarRows, RowMaker } from '../row-maker.ts';
import { hasQuoteVolume, type SymbolKey } from '../symbol-index.ts';
import type { PartitionWriter } from './partition-writer.ts';
import { pushBarKeys } from './push-bar-keys.ts';

/** A class, as for indicators. */
export class FeatureRows implements RowMaker<typeof FEATURES_TABLE> {
  readonly #key: SymbolKey;
  readonly #set: FeatureSet;

  constructor(key: SymbolKey, timeframe: Timeframe, anchorUs: number, liquidationsOf: LiquidationsOf) {
    this.#key = key;
    this.#set = new FeatureSet({ timeframe, anchorUs, hasQuoteVolume: hasQuoteVolume(key) }, liquidationsOf);
  }

  skip(bars: BarSeries, row: number): void {
    this.#set.skip(bars, row);
  }

  write(
    writer: PartitionWriter<typeof FEATURES_TABLE>,
    { bars, fromRow, untilRow, inputsVersion }: BarRows,
  ): void {
    const set = this.#set;
    const cells = writer.begin(untilRow - fromRow);
    pushBarKeys(cells, this.#key, bars, fromRow, untilRow);
    cells.inputs_version.repeat(inputsVersion, untilRow - fromRow);
    cells.definition.repeat(FEATURE_DEFINITION, untilRow - fromRow);
    // Looked up once: by name they cost more than the values.
    const columns = FEATURE_NAMES.map((name) => cells[name]);
    for (let row = fromRow; row < untilRow; row++) {
      set.next(bars, row);
      for (let at = 0; at < columns.length; at++) columns[at]?.pushFinite(set.values[at] as number);
      cells.known_at.pushFinite(set.knownAtUs);
    }
  }
}
