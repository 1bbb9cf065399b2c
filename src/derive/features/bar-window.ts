/** The newest bars of a live series and what is computed of each, for features to look back on. */
import type { BarSeries } from '../bars/bar-series.ts';

/** What features look back on. */
export const WINDOW_COLUMNS = [
  'open',
  'high',
  'low',
  'close',
  'volume',
  'quoteVolume',
  'tradeCount',
  'takerBuyVolume',
  /** ln(close / close before). */
  'change',
  'signedVolume',
  /** ln(high / low)². */
  'rangeSquare',
  'garmanKlass',
  /** |change| / quote volume. */
  'impact',
  'rv10',
  'sma20',
  'rsi14',
  'liquidated',
] as const;
export type WindowColumn = (typeof WINDOW_COLUMNS)[number];

export class BarWindow {
  readonly columns: Readonly<Record<WindowColumn, Float64Array>>;
  readonly #keep: number;
  readonly #capacity: number;
  /** The index after the newest bar. */
  end = 0;
  /** Bars since the beginning of the series. */
  count = 0;

  /** @param keep how many bars are looked back on at most. */
  constructor(keep: number) {
    this.#keep = keep;
    this.#capacity = keep * 4;
    this.columns = Object.fromEntries(
      WINDOW_COLUMNS.map((name) => [name, new Float64Array(this.#capacity)]),
    ) as Record<WindowColumn, Float64Array>;
  }

  /** Takes a bar; the columns that are computed are yet to be set at `end - 1`. */
  push({ columns }: BarSeries, row: number, hasQuoteVolume: boolean): void {
    if (this.end === this.#capacity) this.#forget();
    const at = this.end++;
    this.count++;
    const own = this.columns;
    own.open[at] = columns.open[row] as number;
    own.high[at] = columns.high[row] as number;
    own.low[at] = columns.low[row] as number;
    own.close[at] = columns.close[row] as number;
    own.volume[at] = columns.volume[row] as number;
    own.quoteVolume[at] = hasQuoteVolume ? (columns.quote_volume[row] as number) : Number.NaN;
    own.tradeCount[at] = columns.trade_count[row] as number;
    own.takerBuyVolume[at] = columns.taker_buy_volume[row] as number;
  }

  #forget(): void {
    const drop = this.#capacity - this.#keep;
    for (const name of WINDOW_COLUMNS) this.columns[name].copyWithin(0, drop, this.end);
    this.end -= drop;
  }
}
