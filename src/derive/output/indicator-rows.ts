/** Indicators as rows of `indicators`. */
import type { INDICATORS_TABLE } from '../../lake/tables/indicators.ts';
import type { Timeframe } from '../../lake/timeframe.ts';
import { INDICATOR_NAMES, IndicatorSet } from '../indicators/indicator-set.ts';
import type { RowMaker } from '../row-maker.ts';
import { hasQuoteVolume, type SymbolKey } from '../symbol-index.ts';
import { pushBarKeys } from './push-bar-keys.ts';

export function indicatorRows(
  key: SymbolKey,
  timeframe: Timeframe,
  anchorUs: number,
): RowMaker<typeof INDICATORS_TABLE> {
  const set = new IndicatorSet({ timeframe, anchorUs, hasQuoteVolume: hasQuoteVolume(key) });
  return {
    skip: (bars, row) => set.skip(bars, row),
    write(writer, { bars, fromRow, untilRow, inputsVersion }) {
      const cells = writer.begin(untilRow - fromRow);
      pushBarKeys(cells, key, bars, fromRow, untilRow);
      cells.inputs_version.repeat(inputsVersion, untilRow - fromRow);
      // Looked up once: by name they cost more than the values.
      const columns = INDICATOR_NAMES.map((name) => cells[name]);
      for (let row = fromRow; row < untilRow; row++) {
        set.next(bars, row);
        for (let at = 0; at < columns.length; at++) columns[at]?.pushFinite(set.values[at] as number);
      }
    },
  };
}
