/**
 * Bars of a longer timeframe from one-minute bars, whole buckets only. A bucket with all its minutes is there at once; one
 * with missing minutes comes a day after its end, when nothing better can be expected, as `partial`.
 */
import { DAY_US, lengthUsOf, minutesOf, type Timeframe } from '../../lake/timeframe.ts';
import { BarSeries } from './bar-series.ts';
import { Bucket } from './bucket.ts';

export interface RolledUp {
  readonly bars: BarSeries;
  /** By row: how many minutes were there. */
  readonly minutes: number[];
}

export interface RollUpOptions {
  readonly timeframe: Timeframe;
  /** Only buckets that begin from here to there (exclusive). */
  readonly fromUs: number;
  readonly untilUs: number;
  readonly nowUs: number;
}

/** @throws TypeError for anything but one-minute bars: what was rounded once must not be summed again. */
export function rollUp(
  minuteBars: BarSeries,
  { timeframe, fromUs, untilUs, nowUs }: RollUpOptions,
): RolledUp {
  if (minuteBars.timeframe !== '1m' || timeframe === '1m')
    throw new TypeError(`${timeframe} bars are not made of ${minuteBars.timeframe} bars`);
  const lengthUs = lengthUsOf(timeframe);
  const expected = minutesOf(timeframe);
  const times = minuteBars.columns.open_time;
  const result: RolledUp = { bars: new BarSeries(timeframe), minutes: [] };
  let bucket: Bucket | undefined;
  const end = () => {
    if (bucket === undefined) return;
    const isDue = bucket.isWhole || bucket.openTimeUs + lengthUs + DAY_US <= nowUs;
    if (!isDue) return;
    bucket.appendTo(result.bars);
    result.minutes.push(bucket.minutes);
  };
  for (let row = minuteBars.firstAtOrAfter(fromUs); row < minuteBars.length; row++) {
    const openTimeUs = Math.floor((times[row] as number) / lengthUs) * lengthUs;
    if (openTimeUs >= untilUs) break;
    if (openTimeUs < fromUs) continue;
    if (bucket?.openTimeUs !== openTimeUs) {
      end();
      bucket = new Bucket(openTimeUs, expected);
    }
    bucket.add(minuteBars, row);
  }
  end();
  return result;
}
