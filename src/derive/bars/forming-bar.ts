/** The bar of a longer timeframe while its bucket is open, from its minutes so far: a view for who looks on, never a row. */
import { lengthUsOf, minutesOf, type Timeframe } from '../../lake/timeframe.ts';
import { BarSeries } from './bar-series.ts';
import { Bucket } from './bucket.ts';

/**
 * Of the bucket that the newest minute is in.
 * @param minutes ascending; the last one may be unfinished itself. Minutes of earlier buckets are left out.
 * @returns one bar, `partial` since minutes are missing; undefined without a minute, and once all of them are there.
 */
export function formingBar(minutes: BarSeries, timeframe: Timeframe): BarSeries | undefined {
  const newestUs = minutes.columns.open_time[minutes.length - 1];
  if (minutes.length === 0 || newestUs === undefined) return undefined;
  const lengthUs = lengthUsOf(timeframe);
  const bucket = new Bucket(Math.floor(newestUs / lengthUs) * lengthUs, minutesOf(timeframe));
  for (let row = minutes.firstAtOrAfter(bucket.openTimeUs); row < minutes.length; row++)
    bucket.add(minutes, row);
  if (bucket.isWhole) return undefined;
  const bar = new BarSeries(timeframe, 1);
  bucket.appendTo(bar);
  return bar;
}
