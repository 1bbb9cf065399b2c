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
export type RolledUpByTimeframe = ReadonlyMap<Timeframe, RolledUp>;

/**
 * @param minuteBars of whole days (UTC).
 * @throws TypeError for anything but one-minute bars: what was rounded once must not be summed again.
 */
export function rollUp(minuteBars: BarSeries, nowUs: number): RolledUpByTimeframe {
  const rolling = new RollUp(nowUs);
  for (let row = 0; row < minuteBars.length; row++) rolling.add(minuteBars, row);
  rolling.end();
  return rolling.take();
}

/** One series while its minutes come, in order of time: one code for live data and for batches. */
export class RollUp {
  /** Shortest first. */
  readonly #levels: readonly Level[];
  #isTaken = false;

  /** @param nowUs buckets that ended a day before then need not be whole. */
  constructor(nowUs: number) {
    const levels: Level[] = [];
    for (const timeframe of [...ROLLUP_TIMEFRAMES].reverse())
      levels.unshift(new Level(timeframe, nowUs, levels[0]));
    this.#levels = levels;
  }

  /** @throws TypeError for anything but one-minute bars. */
  add(bars: BarSeries, row: number): void {
    if (bars.timeframe !== '1m')
      throw new TypeError(`bars are rolled up from one-minute bars, not from ${bars.timeframe} bars`);
    if (this.#isTaken) this.#forget();
    this.#levels[0]?.addMinute(bars, row);
  }

  /** No more minutes of this series will come; those of another one may. */
  end(): void {
    if (this.#isTaken) this.#forget();
    for (const level of this.#levels) level.close();
  }

  /** What was made since the last time: good until more is added. */
  take(): RolledUpByTimeframe {
    if (this.#isTaken) this.#forget();
    this.#isTaken = true;
    const made = this.#levels.map(({ made }) => made).filter(({ bars }) => bars.length > 0);
    return new Map(made.map((one) => [one.bars.timeframe, one]));
  }

  #forget(): void {
    this.#isTaken = false;
    for (const { made } of this.#levels) {
      made.bars.length = 0;
      made.minutes.length = 0;
    }
  }
}

/** One length. It goes on with the same objects: a year has thousands of buckets a symbol, for the garbage collector. */
class Level {
  readonly made: RolledUp;
  readonly #lengthUs: number;
  readonly #nowUs: number;
  readonly #next: Level | undefined;
  readonly #bucket: Bucket;
  #isOpen = false;

  constructor(timeframe: Timeframe, nowUs: number, next: Level | undefined) {
    this.made = { bars: new BarSeries(timeframe, 1), minutes: [] };
    this.#lengthUs = lengthUsOf(timeframe);
    this.#nowUs = nowUs;
    this.#next = next;
    this.#bucket = new Bucket(0, minutesOf(timeframe));
  }

  addMinute(bars: BarSeries, row: number): void {
    this.#openAt(bars.columns.open_time[row] as number);
    this.#bucket.add(bars, row);
    if (this.#bucket.isWhole) this.close();
  }

  addBucket(shorter: Bucket): void {
    this.#openAt(shorter.openTimeUs);
    this.#bucket.addBucket(shorter);
    if (this.#bucket.isWhole) this.close();
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const bucket = this.#bucket;
    this.#next?.addBucket(bucket);
    const isDue = bucket.isWhole || bucket.openTimeUs + this.#lengthUs + DAY_US <= this.#nowUs;
    if (!isDue) return;
    bucket.appendTo(this.made.bars);
    this.made.minutes.push(bucket.minutes);
  }

  #openAt(timeUs: number): void {
    if (this.#isOpen && timeUs - this.#bucket.openTimeUs < this.#lengthUs) return;
    this.close();
    this.#bucket.restart(Math.floor(timeUs / this.#lengthUs) * this.#lengthUs);
    this.#isOpen = true;
  }
}
