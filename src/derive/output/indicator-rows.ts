/** Indicators as rows of `indicators`. */
import type { INDICATORS_TABLE } from '../../lake/tables/indicators.ts';
import type { Timeframe } from '../../lake/timeframe.ts';
import type { BarSeries } from '../bars/bar-series.ts';
import { INDICATOR_NAMES, IndicatorSet } from '../indicators/indicator-set.ts';
import type { BarRows, RowMaker } from '../row-maker.ts';
import { hasQuoteVolume, type SymbolKey } from '../symbol-index.ts';
import type { PartitionWriter } from './partition-writer.ts';
import { pushBarKeys } from './push-bar-keys.ts';

/** A class, since V8 compiles the function of a closure anew for each of thousands of series. */
export class IndicatorRows implements RowMaker<typeof INDICATORS_TABLE> {
  readonly #key: SymbolKey;
  readonly #set: IndicatorSet;

  constructor(key: SymbolKey, timeframe: Timeframe, anchorUs: number) {
    this.#key = key;
    this.#set = new IndicatorSet({ timeframe, anchorUs, hasQuoteVolume: hasQuoteVolume(key) });
  }

  skip(bars: BarSeries, row: number): void {
    this.#set.skip(bars, row);
  }

  write(
    writer: PartitionWriter<typeof INDICATORS_TABLE>,
    { bars, fromRow, untilRow, inputsVersion }: BarRows,
  ): void {
    const set = this.#set;
    const cells = writer.begin(untilRow - fromRow);
    pushBarKeys(cells, this.#key, bars, fromRow, untilRow);
    cells.inputs_version.repeat(inputsVersion, untilRow - fromRow);
    // Looked up once: by name they cost more than the values.
    const columns = INDICATOR_NAMES.map((name) => cells[name]);
    for (let row = fromRow; row < untilRow; row++) {
      set.next(bars, row);
      for (let at = 0; at < columns.length; at++) columns[at]?.pushFinite(set.values[at] as number);
    }
  }
}
