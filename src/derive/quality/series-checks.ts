/** Checks of a bar beside those before it. Lengths of time are in minutes. */
import { MINUTE_US } from '../../lake/timeframe.ts';
import { sumOf } from '../features/window-statistics.ts';
import { trueRange } from '../indicators/true-range.ts';
import type { BarCheck, CheckName } from './quality-check.ts';

const AVERAGED = 14;

/** Found in the first bar after a pause, or by the clock where none comes. */
export const STALE_SYMBOL: CheckName = { name: 'stale_symbol', severity: 'warning' };

export const SERIES_CHECKS: readonly BarCheck[] = [
  {
    name: 'continuity',
    severity: 'warning',
    begin() {
      let [closeTimeUs, lastId] = [Number.NaN, Number.NaN];
      return ({ columns }, row) => {
        const openTimeUs = columns.open_time[row] as number;
        const first = columns.first_trade_id[row] as number;
        const expected = closeTimeUs === openTimeUs ? lastId + 1 : Number.NaN;
        closeTimeUs = openTimeUs + MINUTE_US;
        lastId = columns.last_trade_id[row] as number;
        return Math.abs(first - expected) > 0 ? { value: first, threshold: expected } : undefined;
      };
    },
  },
  {
    name: 'jump',
    severity: 'warning',
    begin({ qualityJump }) {
      const ranges = new Float64Array(AVERAGED);
      let [count, before] = [0, Number.NaN];
      return ({ columns }, row) => {
        const close = columns.close[row] as number;
        const move = Math.abs(close - before);
        // The mean of the ranges before this one, which may be what is wrong.
        const average = count >= AVERAGED ? sumOf(ranges, AVERAGED, AVERAGED) / AVERAGED : 0;
        if (!Number.isNaN(before))
          ranges[count++ % AVERAGED] = trueRange(
            columns.high[row] as number,
            columns.low[row] as number,
            before,
          );
        before = close;
        const isFound = average > 0 && move > qualityJump * average;
        return isFound ? { value: move / average, threshold: qualityJump } : undefined;
      };
    },
  },
  {
    name: 'stuck_price',
    severity: 'warning',
    // One finding a run of traded bars, when it has become too long.
    begin({ qualityStuck }) {
      const longest = qualityStuck / 60_000;
      let [price, sinceUs, isTold] = [Number.NaN, 0, false];
      return ({ columns }, row) => {
        if (!((columns.trade_count[row] as number) > 0)) return undefined;
        const openTimeUs = columns.open_time[row] as number;
        const close = columns.close[row] as number;
        if (close !== price) {
          price = close;
          sinceUs = openTimeUs;
          isTold = false;
        }
        const minutes = (openTimeUs + MINUTE_US - sinceUs) / MINUTE_US;
        if (isTold || minutes < longest) return undefined;
        isTold = true;
        return { value: minutes, threshold: longest };
      };
    },
  },
  {
    ...STALE_SYMBOL,
    // Of the first bar after the pause. Stocks rest at night.
    begin({ qualityStale }, { market }) {
      const longest = qualityStale / 60_000;
      let closeTimeUs = Number.NaN;
      return ({ columns }, row) => {
        const openTimeUs = columns.open_time[row] as number;
        const minutes = (openTimeUs - closeTimeUs) / MINUTE_US;
        closeTimeUs = openTimeUs + MINUTE_US;
        const isFound = market !== 'stocks' && minutes > longest;
        return isFound ? { value: minutes, threshold: longest } : undefined;
      };
    },
  },
];
