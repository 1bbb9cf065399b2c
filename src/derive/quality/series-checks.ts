/** Checks of a bar beside those before it. Lengths of time are in minutes. */
import { MINUTE_US } from '../../lake/timeframe.ts';
import { sumOf } from '../features/window-statistics.ts';
import { trueRange } from '../indicators/true-range.ts';
import type { BarCheck, CheckName } from './quality-check.ts';

const AVERAGED = 14;

/** Found in the first bar after a pause, or by the clock where none comes. */
export const STALE_SYMBOL: CheckName = { name: 'stale_symbol', severity: 'warning' };

/** What they remember is in objects: a number in a variable of a closure would be a new one on the heap for each bar. */
export const SERIES_CHECKS: readonly BarCheck[] = [
  {
    name: 'continuity',
    severity: 'warning',
    begin() {
      const before = { closeTimeUs: Number.NaN, lastId: Number.NaN };
      return ({ columns }, row) => {
        const openTimeUs = columns.open_time[row] as number;
        const first = columns.first_trade_id[row] as number;
        const expected = before.closeTimeUs === openTimeUs ? before.lastId + 1 : Number.NaN;
        before.closeTimeUs = openTimeUs + MINUTE_US;
        before.lastId = columns.last_trade_id[row] as number;
        return Math.abs(first - expected) > 0 ? { value: first, threshold: expected } : undefined;
      };
    },
  },
  {
    name: 'jump',
    severity: 'warning',
    begin({ qualityJump }) {
      const ranges = new Float64Array(AVERAGED);
      const before = { count: 0, close: Number.NaN };
      return ({ columns }, row) => {
        const close = columns.close[row] as number;
        const move = Math.abs(close - before.close);
        // The mean of the ranges before this one, which may be what is wrong.
        const average = before.count >= AVERAGED ? sumOf(ranges, AVERAGED, AVERAGED) / AVERAGED : 0;
        if (!Number.isNaN(before.close))
          ranges[before.count++ % AVERAGED] = trueRange(
            columns.high[row] as number,
            columns.low[row] as number,
            before.close,
          );
        before.close = close;
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
      const run = { price: Number.NaN, sinceUs: Number.NaN, isReported: false };
      return ({ columns }, row) => {
        if (!((columns.trade_count[row] as number) > 0)) return undefined;
        const openTimeUs = columns.open_time[row] as number;
        const close = columns.close[row] as number;
        if (close !== run.price) {
          run.price = close;
          run.sinceUs = openTimeUs;
          run.isReported = false;
        }
        const minutes = (openTimeUs + MINUTE_US - run.sinceUs) / MINUTE_US;
        if (run.isReported || minutes < longest) return undefined;
        run.isReported = true;
        return { value: minutes, threshold: longest };
      };
    },
  },
  {
    ...STALE_SYMBOL,
    // Of the first bar after the pause. Stocks rest at night.
    begin({ qualityStale }, { market }) {
      const longest = qualityStale / 60_000;
      const before = { closeTimeUs: Number.NaN };
      return ({ columns }, row) => {
        const openTimeUs = columns.open_time[row] as number;
        const minutes = (openTimeUs - before.closeTimeUs) / MINUTE_US;
        before.closeTimeUs = openTimeUs + MINUTE_US;
        const isFound = market !== 'stocks' && minutes > longest;
        return isFound ? { value: minutes, threshold: longest } : undefined;
      };
    },
  },
];
