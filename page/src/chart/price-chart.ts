/** Candles, volume, holes, indicators and liquidations of one symbol, drawn by lightweight-charts. */
import {
  CandlestickSeries,
  createChart,
  createSeriesMarkers,
  HistogramSeries,
  type IChartApi,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  LineSeries,
  type SeriesMarker,
  type SeriesType,
  type Time,
  type UTCTimestamp,
} from 'lightweight-charts';
import type { Row } from '../api.ts';
import { compactNumber, timeOf, timeText } from '../text.ts';
import { type Bar, barPoints, type Colors, secondsOf } from './bar-points.ts';
import type { IndicatorKind } from './indicator-kinds.ts';

export interface LiquidationBucket {
  readonly timeMs: number;
  /** Notional of longs that were closed by force, at least. */
  readonly longs: number;
  readonly shorts: number;
}

/** How near to the oldest bar the view must come before older ones are asked for. */
const OLDER_AHEAD_BARS = 60;
const MAX_MARKERS = 200;

export class PriceChart {
  readonly #chart: IChartApi;
  readonly #prices: ISeriesApi<'Candlestick'>;
  readonly #volumes: ISeriesApi<'Histogram'>;
  readonly #holes: ISeriesApi<'Histogram'>;
  readonly #markers: ISeriesMarkersPluginApi<Time>;
  readonly #colors: Colors;
  #indicators: ISeriesApi<SeriesType>[] = [];
  /** Of every bar and every empty point. */
  #times: readonly UTCTimestamp[] = [];
  #liquidations: ISeriesApi<'Histogram'>[] = [];

  constructor(container: HTMLElement) {
    const color = (name: string) =>
      getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
    this.#colors = { up: color('up'), down: color('down'), hole: color('hole') };
    const minute = (time: Time) => timeText(Number(time) * 1000, 'minute');
    this.#chart = createChart(container, {
      autoSize: true,
      layout: {
        background: { color: color('surface') },
        textColor: color('text'),
        panes: { separatorColor: color('line') },
      },
      grid: { vertLines: { color: `${color('line')}66` }, horzLines: { color: `${color('line')}66` } },
      localization: { timeFormatter: minute },
      timeScale: { timeVisible: true, tickMarkFormatter: minute, minBarSpacing: 0.2 },
    });
    const { up, down } = this.#colors;
    this.#holes = this.#chart.addSeries(HistogramSeries, {
      priceScaleId: 'holes',
      lastValueVisible: false,
      priceLineVisible: false,
    });
    this.#holes.priceScale().applyOptions({ visible: false, scaleMargins: { top: 0, bottom: 0 } });
    this.#prices = this.#chart.addSeries(CandlestickSeries, {
      upColor: up,
      downColor: down,
      wickUpColor: up,
      wickDownColor: down,
      borderVisible: false,
    });
    this.#prices.priceScale().applyOptions({ scaleMargins: { top: 0.06, bottom: 0.26 } });
    this.#volumes = this.#chart.addSeries(HistogramSeries, {
      priceScaleId: 'volume',
      priceFormat: { type: 'volume' },
      lastValueVisible: false,
      priceLineVisible: false,
    });
    this.#volumes.priceScale().applyOptions({ visible: false, scaleMargins: { top: 0.8, bottom: 0 } });
    this.#markers = createSeriesMarkers(this.#prices, []);
  }

  /** Draws all bars anew: at the start, with older ones, and after a correction. */
  setBars(bars: readonly Bar[], lengthMs: number, gapless: boolean): void {
    const { prices, volumes, holes } = barPoints(bars, lengthMs, this.#colors, gapless);
    const low = Math.min(...bars.map((bar) => Math.abs(bar.close) || 1));
    const precision = Math.min(10, Math.max(2, 4 - Math.floor(Math.log10(low))));
    this.#prices.applyOptions({ priceFormat: { type: 'price', precision, minMove: 10 ** -precision } });
    this.#times = prices.map(({ time }) => time as UTCTimestamp);
    this.#prices.setData(prices);
    this.#volumes.setData(volumes);
    this.#holes.setData(holes);
  }

  /** The newest bar, or the one that comes next. */
  update(bar: Bar): void {
    const time = secondsOf(bar.timeMs);
    const { open, high, low, close, volume } = bar;
    const { up, down } = this.#colors;
    this.#prices.update({ time, open, high, low, close });
    this.#volumes.update({ time, value: volume, color: `${close >= open ? up : down}80` });
  }

  /** Replaces all indicators. NULL, and a bar that is not there, is an empty point: no line goes over a hole. */
  setIndicators(kinds: readonly IndicatorKind[], rows: readonly Row[]): void {
    for (const series of this.#indicators) this.#chart.removeSeries(series);
    this.#indicators = [];
    const byTime = new Map(rows.map((row) => [secondsOf(timeOf(row.open_time)), row]));
    let pane = 1;
    for (const { place, lines, title } of kinds) {
      const index = place === 'overlay' ? 0 : pane++;
      for (const { column, color, style } of lines) {
        const options = {
          color,
          title: lines.length > 1 ? '' : title,
          priceLineVisible: false,
          lastValueVisible: place === 'pane',
        };
        const series =
          style === 'histogram'
            ? this.#chart.addSeries(HistogramSeries, options, index)
            : this.#chart.addSeries(LineSeries, { ...options, lineWidth: 1 }, index);
        series.setData(
          this.#times.map((time, index) => {
            const value = byTime.get(time)?.[column];
            if (typeof value !== 'number') return { time };
            // The library draws a line over empty points, in the colour of its beginning: that piece is not to be seen.
            const next = this.#times[index + 1];
            const isBeforeHole = next !== undefined && typeof byTime.get(next)?.[column] !== 'number';
            return isBeforeHole ? { time, value, color: 'transparent' } : { time, value };
          }),
        );
        this.#indicators.push(series);
      }
    }
    for (const [index, each] of this.#chart.panes().entries()) each.setStretchFactor(index === 0 ? 300 : 90);
  }

  /** Replaces the liquidations: longs below, shorts above, and a mark at the largest. */
  setLiquidations(buckets: readonly LiquidationBucket[]): void {
    for (const series of this.#liquidations) this.#chart.removeSeries(series);
    const sides = [
      ['longs', this.#colors.down],
      ['shorts', this.#colors.up],
    ] as const;
    this.#liquidations = sides.map(([side, color]) => {
      const series = this.#chart.addSeries(HistogramSeries, {
        color: `${color}b0`,
        priceScaleId: 'liquidations',
        priceFormat: { type: 'custom', formatter: compactNumber, minMove: 1 },
        priceLineVisible: false,
        lastValueVisible: false,
      });
      series.priceScale().applyOptions({ visible: false, scaleMargins: { top: 0.9, bottom: 0 } });
      const sign = side === 'longs' ? -1 : 1;
      series.setData(
        buckets.map((bucket) => ({ time: secondsOf(bucket.timeMs), value: sign * bucket[side] })),
      );
      return series;
    });
    this.#markers.setMarkers(this.#largest(buckets));
  }

  #largest(buckets: readonly LiquidationBucket[]): SeriesMarker<Time>[] {
    const { up, down } = this.#colors;
    return [...buckets]
      .sort((a, b) => b.longs + b.shorts - (a.longs + a.shorts))
      .slice(0, Math.min(MAX_MARKERS, Math.ceil(buckets.length / 10)))
      .sort((a, b) => a.timeMs - b.timeMs)
      .map(({ timeMs, longs, shorts }) => ({
        time: secondsOf(timeMs),
        position: longs > shorts ? 'belowBar' : 'aboveBar',
        shape: longs > shorts ? 'arrowDown' : 'arrowUp',
        color: longs > shorts ? down : up,
        text: `≥ ${compactNumber(longs + shorts)}`,
      }));
  }

  /** Calls back whenever the view comes near the oldest bar. */
  onOlder(callback: () => void): void {
    this.#chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      if (range !== null && range.from < OLDER_AHEAD_BARS) callback();
    });
  }

  fit(): void {
    this.#chart.timeScale().scrollToRealTime();
  }

  remove(): void {
    this.#chart.remove();
  }
}
