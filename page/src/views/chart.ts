/** Bars of one symbol with indicators and liquidations; holes are drawn, older bars come on scroll, new ones live. */
import { get, type Hole, type ListAnswer, type Row } from '../api.ts';
import { type Bar, barOf } from '../chart/bar-points.ts';
import { INDICATOR_KINDS } from '../chart/indicator-kinds.ts';
import { PriceChart } from '../chart/price-chart.ts';
import { TIMEFRAMES } from '../chart/timeframes.ts';
import { h } from '../dom.ts';
import { liquidationBuckets } from '../liquidation-buckets.ts';
import { problem } from '../problem.ts';
import { readRoute, setParameters } from '../route.ts';
import { timeOf, timeText } from '../text.ts';
import type { View, ViewContext } from '../view.ts';
import { chartControls } from './chart-controls.ts';

const PAGE_BARS = 1000;
/** What is drawn at most: more than a screen shows at a pixel a bar. */
const MAX_BARS = 20_000;

export const chartView: View = async (root, context) => {
  const { parameters } = readRoute();
  const symbol = parameters.get('symbol') ?? (await firstSymbol(context.signal));
  const timeframe = parameters.get('timeframe') ?? '1m';
  const shown = (parameters.get('show') ?? 'sma').split(',');
  const status = h('p', { class: 'note', role: 'status' });
  const area = h('div');
  const box = h(
    'div',
    { class: 'chart', role: 'group', 'aria-label': `Chart of ${symbol}, ${timeframe}` },
    area,
  );
  const controls = await chartControls({ symbol, timeframe, shown, signal: context.signal });
  root.append(h('h2', {}, `${symbol} · ${timeframe}`), controls, status, box);
  await new SymbolChart({ ...context, symbol, timeframe, shown, status, area }).start();
};

interface SymbolChartOptions extends ViewContext {
  readonly symbol: string;
  readonly timeframe: string;
  readonly shown: readonly string[];
  readonly status: HTMLElement;
  readonly area: HTMLElement;
}

class SymbolChart {
  readonly #options: SymbolChartOptions;
  readonly #chart: PriceChart;
  readonly #lengthMs: number;
  #bars: Bar[] = [];
  #indicators: Row[] = [];
  #holes: readonly Hole[] = [];
  #isStock = false;
  #isLoading = false;
  #isAll = false;

  constructor(options: SymbolChartOptions) {
    this.#options = options;
    this.#lengthMs = TIMEFRAMES[options.timeframe] ?? 60_000;
    this.#chart = new PriceChart(options.area);
    options.signal.addEventListener('abort', () => this.#chart.remove());
  }

  async start(): Promise<void> {
    const { symbol, timeframe, live } = this.#options;
    await this.#older();
    this.#chart.fit();
    this.#chart.onOlder(() => void this.#older());
    const stops = [
      live.subscribe({ channel: 'bars', symbol, timeframe }, ({ data }) => this.#heard(data)),
      live.subscribe({ channel: 'indicators', symbol, timeframe }, ({ data }) => this.#heardIndicators(data)),
    ];
    this.#options.signal.addEventListener('abort', () => {
      for (const stop of stops) stop();
    });
  }

  /** The page of bars before the oldest one, with their indicators and liquidations. */
  async #older(): Promise<void> {
    if (this.#isLoading || this.#isAll || this.#bars.length >= MAX_BARS) return;
    this.#isLoading = true;
    const { symbol, timeframe, shown, signal, status } = this.#options;
    const oldest = this.#bars[0];
    const range = { timeframe, limit: PAGE_BARS, to: oldest && new Date(oldest.timeMs).toISOString() };
    try {
      const path = encodeURIComponent(symbol);
      const kinds = INDICATOR_KINDS.filter(({ id }) => shown.includes(id));
      const [bars, indicators] = await Promise.all([
        get<ListAnswer<Row>>(`/bars/${path}`, range, signal),
        kinds.length > 0 ? get<ListAnswer<Row>>(`/indicators/${path}`, range, signal) : undefined,
      ]);
      const rows = ascending(bars.data);
      this.#isAll = rows.length === 0;
      this.#isStock ||= rows.some(({ market }) => market === 'stocks');
      this.#bars.unshift(
        ...rows
          .flatMap((row) => barOf(row) ?? [])
          .filter(({ timeMs }) => timeMs < (oldest?.timeMs ?? Infinity)),
      );
      this.#indicators.unshift(...ascending(indicators?.data ?? []));
      this.#holes = [...bars.holes, ...this.#holes];
      this.#draw();
    } catch (error) {
      if (!signal.aborted) status.replaceChildren(problem(error));
    } finally {
      this.#isLoading = false;
    }
  }

  #draw(): void {
    const { shown } = this.#options;
    this.#chart.setBars(this.#bars, this.#lengthMs, this.#isStock);
    this.#chart.setIndicators(
      INDICATOR_KINDS.filter(({ id }) => shown.includes(id)),
      this.#indicators,
    );
    if (shown.includes('liquidations')) void this.#drawLiquidations();
    this.#showStatus();
  }

  #showStatus(): void {
    const { status, symbol } = this.#options;
    const [first, last] = [this.#bars[0], this.#bars.at(-1)];
    status.textContent =
      first === undefined || last === undefined
        ? `No bars of ${symbol}: \`crypto-lake bars\` records them, \`crypto-lake backfill bars\` fetches the past.`
        : `${this.#bars.length} bars, ${timeText(first.timeMs)} to ${timeText(last.timeMs)}${holesText(this.#holes)}`;
  }

  async #drawLiquidations(): Promise<void> {
    const { symbol, timeframe, signal, status } = this.#options;
    const [first] = this.#bars;
    if (first === undefined) return;
    try {
      const from = new Date(first.timeMs).toISOString();
      const buckets = await liquidationBuckets({ symbol, bucket: timeframe, from }, signal);
      this.#chart.setLiquidations(buckets.filter(({ timeMs }) => timeMs >= first.timeMs));
    } catch (error) {
      if (!signal.aborted) status.append(problem(error));
    }
  }

  /** An update is one bar; a snapshot is a hundred, of which most are drawn already. */
  #heard(data: unknown): void {
    let [isStale, isLonger] = [false, false];
    for (const row of rowsOf(data)) {
      const bar = barOf(row);
      const newest = this.#bars.at(-1);
      if (bar === undefined) continue;
      if (newest !== undefined && bar.timeMs < newest.timeMs) {
        // A correction has changed one that is drawn.
        const at = this.#bars.findLastIndex(({ timeMs }) => timeMs === bar.timeMs);
        if (at === -1) continue;
        this.#bars[at] = bar;
        isStale = true;
        continue;
      }
      if (newest?.timeMs === bar.timeMs) this.#bars[this.#bars.length - 1] = bar;
      else {
        this.#bars.push(bar);
        isLonger = true;
      }
      // Over a hole the points between have to be drawn, too.
      if (newest !== undefined && bar.timeMs - newest.timeMs > this.#lengthMs) isStale = true;
      if (!isStale) this.#chart.update(bar);
    }
    if (isStale) this.#draw();
    else if (isLonger) this.#showStatus();
  }

  #heardIndicators(data: unknown): void {
    const rows = ascending(rowsOf(data));
    if (rows.length === 0) return;
    for (const row of rows) {
      const openMs = timeOf(row.open_time);
      const newest = this.#indicators.at(-1);
      const at = this.#indicators.findLastIndex(({ open_time }) => timeOf(open_time) === openMs);
      if (at !== -1) this.#indicators[at] = row;
      else if (newest === undefined || openMs > timeOf(newest.open_time)) this.#indicators.push(row);
    }
    this.#draw();
  }
}

function rowsOf(data: unknown): readonly Row[] {
  return (Array.isArray(data) ? data : [data]).filter(
    (row): row is Row => typeof row === 'object' && row !== null,
  );
}

function ascending(rows: readonly Row[]): readonly Row[] {
  return [...rows].sort((a, b) => timeOf(a.open_time) - timeOf(b.open_time));
}

function holesText(holes: readonly Hole[]): string {
  return holes.length === 0
    ? ''
    : ` · ${holes.length} ${holes.length === 1 ? 'hole' : 'holes'}: drawn as bands`;
}

async function firstSymbol(signal: AbortSignal): Promise<string> {
  const { data } = await get<ListAnswer<Row>>('/symbols', { limit: 1 }, signal);
  const symbol = String(data[0]?.symbol ?? 'BTCUSDT');
  setParameters({ symbol });
  return symbol;
}
