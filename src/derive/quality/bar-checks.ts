/** Checks of a bar by itself. Rounding of the venue's own sums is no finding. */
import { ORIGINS, type SeriesColumn } from '../bars/bar-series.ts';
import type { BarCheck, Found } from './quality-check.ts';

/** Volumes are rounded to eight decimals. */
const ROUNDING = 1e-6;
const STREAM = ORIGINS.indexOf('stream');
const MINUTE_MS = 60_000;

type Value = (column: SeriesColumn) => number;

/** Nothing is found where a number that is compared is null. */
function ofOne(
  name: string,
  severity: BarCheck['severity'],
  find: (value: Value) => Found | undefined,
): BarCheck {
  const begin: BarCheck['begin'] =
    () =>
    ({ columns }, row) =>
      find((column) => columns[column][row] as number);
  return { name, severity, begin };
}

export const BAR_CHECKS: readonly BarCheck[] = [
  ofOne('ohlc_order', 'error', (value) => {
    const [open, close] = [value('open'), value('close')];
    const below = value('low') - Math.min(open, close);
    const above = Math.max(open, close) - value('high');
    return below > 0 || above > 0 ? { value: Math.max(below, above), threshold: 0 } : undefined;
  }),
  ofOne('taker_volume', 'error', (value) => {
    const [taken, volume] = [value('taker_buy_volume'), value('volume')];
    return taken > volume * (1 + ROUNDING) ? { value: taken, threshold: volume } : undefined;
  }),
  {
    name: 'average_price',
    severity: 'error',
    // Coin-margined contracts count volume in contracts.
    begin:
      (_, { market }) =>
      ({ columns }, row) => {
        const volume = columns.volume[row] as number;
        if (market === 'coinm' || !(volume > 0)) return undefined;
        const average = (columns.quote_volume[row] as number) / volume;
        const [low, high] = [columns.low[row] as number, columns.high[row] as number];
        if (average < low * (1 - ROUNDING)) return { value: average, threshold: low };
        return average > high * (1 + ROUNDING) ? { value: average, threshold: high } : undefined;
      },
  },
  ofOne('trade_count', 'warning', (value) => {
    const [count, expected] = [value('trade_count'), value('last_trade_id') - value('first_trade_id') + 1];
    const isOther = Math.abs(count - expected) > 0;
    return isOther ? { value: count, threshold: expected } : undefined;
  }),
  ofOne('volume_without_trades', 'error', (value) => {
    const [volume, count] = [value('volume'), value('trade_count')];
    const isOdd = (volume > 0 && count === 0) || (volume === 0 && count > 0);
    return isOdd ? { value: volume, threshold: 0 } : undefined;
  }),
  {
    name: 'clock',
    severity: 'warning',
    begin:
      ({ qualityClock }) =>
      ({ columns, origin }, row) => {
        const closeMs = (columns.open_time[row] as number) / 1000 + MINUTE_MS;
        const earlyMs = closeMs - (columns.known_at[row] as number) / 1000;
        const isFound = origin[row] === STREAM && earlyMs > qualityClock;
        return isFound ? { value: earlyMs, threshold: qualityClock } : undefined;
      },
  },
];
