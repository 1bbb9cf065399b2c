/**
 * Bars of longer timeframes from one-minute bars, whole buckets only. A bucket with all its minutes is there at once; one
 * with missing minutes comes a day after its end, when nothing better can be expected, as `partial`.
 */
import { DAY_US, lengthUsOf, minutesOf, TIMEFRAMES, type Timeframe } from '../../lake/timeframe.ts';
import { BarSeries } from './bar-series.ts';
import { Bucket } from './bucket.ts';

/** Shortest first; each is made of whole ones of that before it, whose sums are not rounded yet. */
export const ROLLUP_TIMEFRAMES = TIMEFRAMES.filter((timeframe) => timeframe !== '1m');

export interface RolledUp {
  readonly bars: BarSeries;
  /** By row: how many minutes were there. */
  readonly minutes: number[];
}

/**
 * @param minuteBars of whole days (UTC).
 * @throws TypeError for anything but one-minute bars: what was rounded once must not be summed again.
 */
export function rollUp(minuteBars: BarSeries, nowUs: number): Map<Timeframe, RolledUp> {
  if (minuteBars.timeframe !== '1m')
    throw new TypeError(`bars are rolled up from one-minute bars, not from ${minuteBars.timeframe} bars`);
  const levels = ROLLUP_TIMEFRAMES.map((timeframe) => new Level(timeframe, nowUs));
  const [shortest, ...longer] = levels as [Level, ...Level[]];
  for (let index = 0; index < levels.length - 1; index++) (levels[index] as Level).next = longer[index];
  const times = minuteBars.columns.open_time;
  for (let row = 0; row < minuteBars.length; row++)
    shortest.bucketAt(times[row] as number).add(minuteBars, row);
  shortest.end();
  return new Map(levels.map(({ timeframe, result }) => [timeframe, result]));
}

class Level {
  readonly timeframe: Timeframe;
  readonly result: RolledUp;
  next: Level | undefined;
  readonly #lengthUs: number;
  readonly #nowUs: number;
  #bucket: Bucket | undefined;

  constructor(timeframe: Timeframe, nowUs: number) {
    this.timeframe = timeframe;
    this.result = { bars: new BarSeries(timeframe), minutes: [] };
    this.#lengthUs = lengthUsOf(timeframe);
    this.#nowUs = nowUs;
  }

  bucketAt(timeUs: number): Bucket {
    const bucket = this.#bucket;
    if (bucket !== undefined && timeUs - bucket.openTimeUs < this.#lengthUs) return bucket;
    this.#close();
    const openTimeUs = Math.floor(timeUs / this.#lengthUs) * this.#lengthUs;
    const begun = new Bucket(openTimeUs, minutesOf(this.timeframe));
    this.#bucket = begun;
    return begun;
  }

  end(): void {
    this.#close();
    this.next?.end();
  }

  #close(): void {
    const bucket = this.#bucket;
    this.#bucket = undefined;
    if (bucket === undefined) return;
    this.next?.bucketAt(bucket.openTimeUs).addBucket(bucket);
    const isDue = bucket.isWhole || bucket.openTimeUs + this.#lengthUs + DAY_US <= this.#nowUs;
    if (!isDue) return;
    bucket.appendTo(this.result.bars);
    this.result.minutes.push(bucket.minutes);
  }
}
