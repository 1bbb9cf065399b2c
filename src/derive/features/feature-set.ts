/**
 * The 81 features of one series of bars since its anchor, bar by bar: one code for live data and for batches. A feature
 * is NaN until its warm-up is over, and while a hole is among the bars that it is made of.
 */
import { FEATURE_NAMES } from '../../lake/tables/features.ts';
import { DAY_US, lengthUsOf } from '../../lake/timeframe.ts';
import { type BarColumn, type BarSeries, PARTIAL } from '../bars/bar-series.ts';
import {
  INDICATOR_AT as IN,
  INDICATOR_INPUTS,
  IndicatorSet,
  type SeriesTraits,
} from '../indicators/indicator-set.ts';
import { RelativeStrength } from '../indicators/relative-strength.ts';
import { BarWindow } from './bar-window.ts';
import type { FeatureValues } from './feature-values.ts';
import { featureWindows } from './feature-windows.ts';
import { type LiquidationSums, liquidationFeatures } from './liquidation-features.ts';
import { ParabolicSar } from './parabolic-sar.ts';
import { priceFeatures } from './price-features.ts';
import { shapeFeatures, timeFeatures } from './shape-features.ts';
import { realized, volatilityFeatures } from './volatility-features.ts';
import { volumeFeatures } from './volume-features.ts';

/** Liquidations from one time to another (exclusive), microseconds since the epoch. */
export type LiquidationsOf = (fromUs: number, untilUs: number) => LiquidationSums;

/** What of a bar is looked at. */
export const FEATURE_INPUTS: readonly BarColumn[] = [
  ...INDICATOR_INPUTS,
  'trade_count',
  'taker_buy_volume',
  'completeness',
];

/** The longest look back of all but `liq_z_1d`. */
const LEAST_WINDOW = 64;
const GARMAN_KLASS = 2 * Math.LN2 - 1;

export class FeatureSet {
  readonly values: FeatureValues = new Float64Array(FEATURE_NAMES.length).fill(Number.NaN);
  readonly #traits: SeriesTraits;
  readonly #lengthUs: number;
  readonly #barsADay: number;
  readonly #windows: readonly number[];
  readonly #window: BarWindow;
  readonly #indicators: IndicatorSet;
  readonly #rsi7 = new RelativeStrength(7);
  readonly #sar = new ParabolicSar();
  readonly #liquidationsOf: LiquidationsOf;
  #openTimeBefore = Number.NaN;
  /** Bars since the last hole; without one, as many as can be. */
  #sinceHole = Number.POSITIVE_INFINITY;
  #liquidationsKnownAt = 0;

  constructor(traits: SeriesTraits, liquidationsOf: LiquidationsOf) {
    this.#traits = traits;
    this.#lengthUs = lengthUsOf(traits.timeframe);
    this.#barsADay = Math.round(DAY_US / this.#lengthUs);
    this.#windows = featureWindows(this.#barsADay);
    this.#window = new BarWindow(Math.max(LEAST_WINDOW, this.#barsADay));
    this.#indicators = new IndicatorSet(traits);
    this.#liquidationsOf = liquidationsOf;
  }

  /** When the last of what the features are made of was received, microseconds since the epoch. */
  get knownAtUs(): number {
    return Math.max(this.#indicators.values[IN.known_at] as number, this.#liquidationsKnownAt);
  }

  /** Takes a bar without looking at its features: they cost several times as much. */
  skip(bars: BarSeries, row: number): void {
    this.#indicators.skip(bars, row);
    this.#take(bars, row);
  }

  /** Takes the next bar; `values` are then those of it. */
  next(bars: BarSeries, row: number): void {
    this.#indicators.next(bars, row);
    const sar = this.#take(bars, row);
    const { values } = this;
    const window = this.#window;
    const indicators = this.#indicators.values;
    const openTimeUs = bars.columns.open_time[row] as number;
    priceFeatures(values, window, indicators, sar);
    volatilityFeatures(values, window, indicators, this.#rsi7Value);
    volumeFeatures(values, window, indicators);
    shapeFeatures(values, window);
    timeFeatures(values, openTimeUs + this.#lengthUs);
    liquidationFeatures(values, window, this.#liquidations, this.#barsADay);
    this.#withoutHoles();
  }

  #rsi7Value = Number.NaN;
  #liquidations: LiquidationSums = { long: 0, short: 0, listenedShare: 0, knownAtUs: 0 };

  /** @returns the parabolic SAR of the bar. */
  #take(bars: BarSeries, row: number): number {
    const { columns } = bars;
    const window = this.#window;
    window.push(bars, row, this.#traits.hasQuoteVolume);
    this.#rsi7Value = this.#rsi7.next(columns.close[row] as number);
    const openTimeUs = columns.open_time[row] as number;
    this.#liquidations = this.#liquidationsOf(openTimeUs, openTimeUs + this.#lengthUs);
    this.#liquidationsKnownAt = this.#liquidations.knownAtUs;
    this.#fill();
    this.#watchHoles(openTimeUs, bars.completeness[row] === PARTIAL);
    return this.#sar.next(columns.high[row] as number, columns.low[row] as number);
  }

  /** What is computed of each bar for those after it. */
  #fill(): void {
    const { columns, end, count } = this.#window;
    const at = end - 1;
    const [o, h] = [columns.open[at] as number, columns.high[at] as number];
    const [l, c] = [columns.low[at] as number, columns.close[at] as number];
    const change = count > 1 ? Math.log(c / (columns.close[at - 1] as number)) : Number.NaN;
    const quoteVolume = columns.quoteVolume[at] as number;
    const { listenedShare, long, short } = this.#liquidations;
    columns.change[at] = change;
    columns.signedVolume[at] = this.#indicators.values[IN.signed_volume] as number;
    columns.rangeSquare[at] = Math.log(h / l) ** 2;
    columns.garmanKlass[at] = 0.5 * Math.log(h / l) ** 2 - GARMAN_KLASS * Math.log(c / o) ** 2;
    columns.impact[at] = quoteVolume > 0 ? Math.abs(change) / quoteVolume : Number.NaN;
    columns.rv10[at] = realized(columns.change, end, count, 10);
    columns.sma20[at] = this.#indicators.values[IN.sma_20] as number;
    columns.rsi14[at] = this.#indicators.values[IN.rsi_14] as number;
    columns.liquidated[at] = listenedShare > 0 ? long + short : Number.NaN;
  }

  #watchHoles(openTimeUs: number, isPartial: boolean): void {
    const isAfterHole = openTimeUs - this.#openTimeBefore > this.#lengthUs;
    this.#openTimeBefore = openTimeUs;
    if (isPartial) this.#sinceHole = 0;
    else this.#sinceHole = isAfterHole ? 1 : this.#sinceHole + 1;
  }

  #withoutHoles(): void {
    if (this.#sinceHole === Number.POSITIVE_INFINITY) return;
    for (let at = 0; at < this.values.length; at++)
      if (this.#sinceHole < (this.#windows[at] as number)) this.values[at] = Number.NaN;
  }
}
