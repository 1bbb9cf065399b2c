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
  readonly #shortest: Level;
  #made = new Map<Timeframe, RolledUp>();

  /** @param nowUs buckets that ended a day before then need not be whole. */
  constructor(nowUs: number) {
    const emit = (timeframe: Timeframe, bucket: Bucket) => this.#emit(timeframe, bucket);
    let next: Level | undefined;
    for (const timeframe of [...ROLLUP_TIMEFRAMES].reverse()) next = new Level(timeframe, nowUs, next, emit);
    this.#shortest = next as Level;
  }

  /** @throws TypeError for anything but one-minute bars. */
  add(bars: BarSeries, row: number): void {
    if (bars.timeframe !== '1m')
      throw new TypeError(`bars are rolled up from one-minute bars, not from ${bars.timeframe} bars`);
    this.#shortest.add(bars.columns.open_time[row] as number, (bucket) => bucket.add(bars, row));
  }

  /** No more minutes will come. */
  end(): void {
    this.#shortest.end();
  }

  /** What was made since the last time. */
  take(): RolledUpByTimeframe {
    const made = this.#made;
    this.#made = new Map();
    return made;
  }

  #emit(timeframe: Timeframe, bucket: Bucket): void {
    let made = this.#made.get(timeframe);
    if (made === undefined) {
      made = { bars: new BarSeries(timeframe), minutes: [] };
      this.#made.set(timeframe, made);
    }
    bucket.appendTo(made.bars);
    made.minutes.push(bucket.minutes);
  }
}

class Level {
  readonly #timeframe: Timeframe;
  readonly #lengthUs: number;
  readonly #nowUs: number;
  readonly #next: Level | undefined;
  readonly #emit: (timeframe: Timeframe, bucket: Bucket) => void;
  #bucket: Bucket | undefined;

  constructor(
    timeframe: Timeframe,
    nowUs: number,
    next: Level | undefined,
    emit: (timeframe: Timeframe, bucket: Bucket) => void,
  ) {
    this.#timeframe = timeframe;
    this.#lengthUs = lengthUsOf(timeframe);
    this.#nowUs = nowUs;
    this.#next = next;
    this.#emit = emit;
  }

  add(timeUs: number, addTo: (bucket: Bucket) => void): void {
    const bucket = this.#bucketAt(timeUs);
    addTo(bucket);
    if (bucket.isWhole) this.#close();
  }

  end(): void {
    this.#close();
    this.#next?.end();
  }

  #bucketAt(timeUs: number): Bucket {
    const bucket = this.#bucket;
    if (bucket !== undefined && timeUs - bucket.openTimeUs < this.#lengthUs) return bucket;
    this.#close();
    const openTimeUs = Math.floor(timeUs / this.#lengthUs) * this.#lengthUs;
    const begun = new Bucket(openTimeUs, minutesOf(this.#timeframe));
    this.#bucket = begun;
    return begun;
  }

  #close(): void {
    const bucket = this.#bucket;
    this.#bucket = undefined;
    if (bucket === undefined) return;
    this.#next?.add(bucket.openTimeUs, (longer) => longer.addBucket(bucket));
    const isDue = bucket.isWhole || bucket.openTimeUs + this.#lengthUs + DAY_US <= this.#nowUs;
    if (isDue) this.#emit(this.#timeframe, bucket);
  }
}
