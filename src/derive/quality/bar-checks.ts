/** Checks of a bar by itself. Rounding of the venue's own sums is no finding. */
import { ORIGINS, type SeriesColumn } from '../bars/bar-series.ts';
import type { BarCheck, Found } from './quality-check.ts';

/** Volumes are rounded to eight decimals. */
const ROUNDING = 1e-6;
const STREAM = ORIGINS.indexOf('stream');
const MINUTE_MS = 60_000;

type Values = Readonly<Record<SeriesColumn, Float64Array>>;

/** Nothing is found where a number that is compared is null. */
function ofOne(
  name: string,
  severity: BarCheck['severity'],
  find: (values: Values, row: number) => Found | undefined,
): BarCheck {
  const begin: BarCheck['begin'] =
    () =>
    ({ columns }, row) =>
      find(columns, row);
  return { name, severity, begin };
}

export const BAR_CHECKS: readonly BarCheck[] = [
  ofOne('ohlc_order', 'error', (columns, row) => {
    const [open, close] = [columns.open[row] as number, columns.close[row] as number];
    const below = (columns.low[row] as number) - Math.min(open, close);
    const above = Math.max(open, close) - (columns.high[row] as number);
    return below > 0 || above > 0 ? { value: Math.max(below, above), threshold: 0 } : undefined;
  }),
  ofOne('taker_volume', 'error', (columns, row) => {
    const [taken, volume] = [columns.taker_buy_volume[row] as number, columns.volume[row] as number];
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
  ofOne('trade_count', 'warning', (columns, row) => {
    const count = columns.trade_count[row] as number;
    const expected = (columns.last_trade_id[row] as number) - (columns.first_trade_id[row] as number) + 1;
    const isOther = Math.abs(count - expected) > 0;
    return isOther ? { value: count, threshold: expected } : undefined;
  }),
  ofOne('volume_without_trades', 'error', (columns, row) => {
    const [volume, count] = [columns.volume[row] as number, columns.trade_count[row] as number];
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
