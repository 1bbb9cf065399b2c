/** What is computed of one minute of many symbols, between reading and writing: SYMBOLS. Prints milliseconds. */
import { BarSeries } from '../../dist/derive/bars/bar-series.js';
import { IndicatorSet } from '../../dist/derive/indicators/indicator-set.js';
import { BARS_FROM_US, barWalk, MINUTE_US } from '../bars.js';
import { median } from '../statistics.js';

const symbols = Number(process.argv[2]);
const next = barWalk(symbols);
const series = Array.from({ length: symbols }, () => new BarSeries('1m', 1));
const sets = series.map(
  () => new IndicatorSet({ timeframe: '1m', anchorUs: BARS_FROM_US, hasQuoteVolume: true }),
);
const times = [];
for (let minute = 0; minute < 600; minute++) {
  for (const [index, bars] of series.entries()) {
    bars.length = 1;
    const sinks = new Proxy({}, { get: (_, name) => ({ push: (value) => write(bars, name, value) }) });
    next(index, BARS_FROM_US + minute * MINUTE_US, sinks);
  }
  const started = performance.now();
  for (const [index, set] of sets.entries()) set.next(series[index], 0);
  times.push(performance.now() - started);
}
console.log(median(times.slice(100)));

function write(bars, name, value) {
  if (name in bars.columns) bars.columns[name][0] = value;
}
