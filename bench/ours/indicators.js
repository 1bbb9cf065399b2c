/** All indicators of bars in memory, on one core: BARS. */
import { BarSeries } from '../../dist/derive/bars/bar-series.js';
import { IndicatorSet } from '../../dist/derive/indicators/indicator-set.js';
import { BARS_FROM_US, barWalk, MINUTE_US } from '../bars.js';

const SYMBOLS = 10;
const bars = Number(process.argv[2]);
const next = barWalk(SYMBOLS);
const series = Array.from({ length: SYMBOLS }, (_, index) => {
  const made = new BarSeries('1m', bars);
  const sinks = new Proxy({}, { get: (_, name) => ({ push: (value) => write(made, name, value) }) });
  for (let row = 0; row < bars; row++) {
    made.length = row + 1;
    next(index, BARS_FROM_US + row * MINUTE_US, sinks);
  }
  return made;
});

const run = () => {
  const started = performance.now();
  for (const made of series) {
    const set = new IndicatorSet({ timeframe: '1m', anchorUs: BARS_FROM_US, hasQuoteVolume: true });
    for (let row = 0; row < made.length; row++) set.next(made, row);
  }
  return (SYMBOLS * bars) / ((performance.now() - started) / 1000);
};
run();
console.log(run());

function write(made, name, value) {
  if (name in made.columns) made.columns[name][made.length - 1] = value;
}
