/**
 * All indicators of one series of bars since its anchor, bar by bar: one code for live data and for batches. Values are
 * NaN until TA-Lib has one. A value depends on nothing but the bars since the anchor.
 */
import type { Timeframe } from '../../lake/timeframe.ts';
import type { BarSeries, SeriesColumn } from '../bars/bar-series.ts';
import { AverageTrueRange } from './average-true-range.ts';
import { CommodityChannel } from './commodity-channel.ts';
import { DayVwap } from './day-vwap.ts';
import { Deviation } from './deviation.ts';
import { DirectionalMovement } from './directional-movement.ts';
import { ExponentialAverage } from './exponential-average.ts';
import { Highest, Lowest } from './extreme.ts';
import { HoleWindow } from './hole-window.ts';
import { Macd } from './macd.ts';
import { MoneyFlow } from './money-flow.ts';
import { MovingAverage } from './moving-average.ts';
import { RelativeStrength } from './relative-strength.ts';
import { Stochastic } from './stochastic.ts';
import { trueRange } from './true-range.ts';
import { williamsR } from './williams-r.ts';

/** In the order of the columns of `indicators`. */
export const INDICATOR_NAMES = [
  'sma_20',
  'sma_50',
  'sma_200',
  'ema_12',
  'ema_26',
  'rsi_14',
  'macd',
  'macd_signal',
  'macd_histogram',
  'bb_upper',
  'bb_middle',
  'bb_lower',
  'atr_14',
  'stoch_k',
  'stoch_d',
  'adx_14',
  'plus_di_14',
  'minus_di_14',
  'cci_20',
  'williams_r_14',
  'signed_volume',
  'vwap_day',
  'mfi_14',
  'holes_in_window',
  'known_at',
] as const;
/** What they are made of; the open only decides which of two rows of one bar is taken, as where all columns are read. */
export const INDICATOR_INPUTS: readonly SeriesColumn[] = [
  'open_time',
  'open',
  'high',
  'low',
  'close',
  'volume',
  'quote_volume',
  'known_at',
];
export type IndicatorName = (typeof INDICATOR_NAMES)[number];
/** One value an indicator at its place in {@link INDICATOR_AT}, and the deviation that the bands are made of. */
export type IndicatorValues = Float64Array;

export const INDICATOR_AT = Object.fromEntries(
  [...INDICATOR_NAMES, 'deviation20'].map((name, at) => [name, at]),
) as Readonly<Record<IndicatorName | 'deviation20', number>>;
const AT = INDICATOR_AT;

export interface SeriesTraits {
  readonly timeframe: Timeframe;
  readonly anchorUs: number;
  /** Whether quote volume is in quote currency, so that it tells prices. */
  readonly hasQuoteVolume: boolean;
}

export class IndicatorSet {
  readonly values: IndicatorValues = new Float64Array(INDICATOR_NAMES.length + 1).fill(Number.NaN);
  readonly #hasQuoteVolume: boolean;
  readonly #sma20 = new MovingAverage(20);
  readonly #sma50 = new MovingAverage(50);
  readonly #sma200 = new MovingAverage(200);
  readonly #ema12 = new ExponentialAverage(12);
  readonly #ema26 = new ExponentialAverage(26);
  readonly #rsi14 = new RelativeStrength(14);
  readonly #macd = new Macd();
  readonly #deviation20 = new Deviation(20);
  readonly #atr14 = new AverageTrueRange(14);
  readonly #highest14 = new Highest(14);
  readonly #lowest14 = new Lowest(14);
  readonly #stochastic = new Stochastic();
  readonly #directional = new DirectionalMovement();
  readonly #cci20 = new CommodityChannel();
  readonly #vwap = new DayVwap();
  readonly #mfi14 = new MoneyFlow();
  readonly #holes: HoleWindow;
  #closeBefore = Number.NaN;
  #knownAt = 0;

  constructor({ timeframe, anchorUs, hasQuoteVolume }: SeriesTraits) {
    this.#hasQuoteVolume = hasQuoteVolume;
    this.#holes = new HoleWindow(timeframe, anchorUs);
  }

  /** Takes the next bar; `values` are then those of it. */
  next(bars: BarSeries, row: number): void {
    this.#take(bars, row);
    const { columns } = bars;
    const close = columns.close[row] as number;
    const { values } = this;
    const middle = values[AT.sma_20] as number;
    const deviation = this.#deviation20.next(close);
    values[AT.deviation20] = deviation;
    const deviations = 2 * deviation;
    values[AT.bb_middle] = middle;
    values[AT.bb_upper] = middle + deviations;
    values[AT.bb_lower] = middle - deviations;
    values[AT.cci_20] = this.#cci20.next(typicalOf(columns, row));
  }

  /** Takes a bar of which nobody wants the values that look at a whole window: bands and CCI. */
  skip(bars: BarSeries, row: number): void {
    this.#take(bars, row);
    this.#deviation20.skip(bars.columns.close[row] as number);
    this.#cci20.skip(typicalOf(bars.columns, row));
  }

  #take({ columns }: BarSeries, row: number): void {
    const high = columns.high[row] as number;
    const low = columns.low[row] as number;
    const close = columns.close[row] as number;
    const volume = columns.volume[row] as number;
    const openTimeUs = columns.open_time[row] as number;
    const { values } = this;
    this.#averages(close);
    this.#ranges(high, low, close);
    values[AT.mfi_14] = this.#mfi14.next(typicalOf(columns, row), volume);
    const before = this.#closeBefore;
    values[AT.signed_volume] =
      close > before ? volume : close < before ? -volume : close === before ? 0 : Number.NaN;
    values[AT.vwap_day] = this.#hasQuoteVolume
      ? this.#vwap.next(openTimeUs, volume, columns.quote_volume[row] as number)
      : Number.NaN;
    values[AT.holes_in_window] = this.#holes.next(openTimeUs);
    this.#knownAt = Math.max(this.#knownAt, columns.known_at[row] as number);
    values[AT.known_at] = this.#knownAt;
    this.#closeBefore = close;
  }

  #averages(close: number): void {
    const { values } = this;
    values[AT.sma_20] = this.#sma20.next(close);
    values[AT.sma_50] = this.#sma50.next(close);
    values[AT.sma_200] = this.#sma200.next(close);
    values[AT.ema_12] = this.#ema12.next(close);
    values[AT.ema_26] = this.#ema26.next(close);
    values[AT.rsi_14] = this.#rsi14.next(close);
    this.#macd.next(close);
    values[AT.macd] = this.#macd.macd;
    values[AT.macd_signal] = this.#macd.signal;
    values[AT.macd_histogram] = this.#macd.histogram;
  }

  #ranges(high: number, low: number, close: number): void {
    const { values } = this;
    const range = trueRange(high, low, this.#closeBefore);
    values[AT.atr_14] = this.#atr14.next(range);
    const directional = this.#directional;
    directional.next(high, low, range);
    values[AT.adx_14] = directional.adx;
    values[AT.plus_di_14] = directional.plusDi;
    values[AT.minus_di_14] = directional.minusDi;
    const highest = this.#highest14.next(high);
    const lowest = this.#lowest14.next(low);
    this.#stochastic.next(close, highest, lowest);
    values[AT.stoch_k] = this.#stochastic.k;
    values[AT.stoch_d] = this.#stochastic.d;
    values[AT.williams_r_14] = williamsR(close, highest, lowest);
  }
}

function typicalOf({ high, low, close }: BarSeries['columns'], row: number): number {
  return ((high[row] as number) + (low[row] as number) + (close[row] as number)) / 3;
}
