/** Features as rows of `features`. */
import { FEATURE_NAMES, type FEATURES_TABLE } from '../../lake/tables/features.ts';
import type { Timeframe } from '../../lake/timeframe.ts';
import { FEATURE_DEFINITION } from '../features/feature-definition.ts';
import { FeatureSet, type LiquidationsOf } from '../features/feature-set.ts';
import type { RowMaker } from '../row-maker.ts';
import { hasQuoteVolume, type SymbolKey } from '../symbol-index.ts';
import { pushBarKeys } from './push-bar-keys.ts';

export function featureRows(
  key: SymbolKey,
  timeframe: Timeframe,
  anchorUs: number,
  liquidationsOf: LiquidationsOf,
): RowMaker<typeof FEATURES_TABLE> {
  const set = new FeatureSet({ timeframe, anchorUs, hasQuoteVolume: hasQuoteVolume(key) }, liquidationsOf);
  return {
    skip: (bars, row) => set.skip(bars, row),
    write(writer, { bars, fromRow, untilRow, inputsVersion }) {
      const cells = writer.begin(untilRow - fromRow);
      pushBarKeys(cells, key, bars, fromRow, untilRow);
      cells.inputs_version.repeat(inputsVersion, untilRow - fromRow);
      cells.definition.repeat(FEATURE_DEFINITION, untilRow - fromRow);
      // Looked up once: by name they cost more than the values.
      const columns = FEATURE_NAMES.map((name) => cells[name]);
      for (let row = fromRow; row < untilRow; row++) {
        set.next(bars, row);
        for (let at = 0; at < columns.length; at++) columns[at]?.pushFinite(set.values[at] as number);
        cells.known_at.pushFinite(set.knownAtUs);
      }
    },
  };
}
