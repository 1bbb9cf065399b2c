/** All periods of a table that something changed in, shared with a second thread where there is one. */
import type { LakeTable } from '../lake/table.ts';
import { periodStartUs, type Timeframe } from '../lake/timeframe.ts';
import { derivePeriod, type PeriodJob } from './derive-period.ts';
import type { BarSource } from './input/bar-source.ts';
import type { ChangedTimes } from './input/changed-times.ts';
import type { WrittenPartition } from './output/partition-writer.ts';
import type { PeriodThread } from './parallel/period-thread.ts';

export class DeriveByPeriod<T extends LakeTable> {
  readonly #job: PeriodJob<T>;
  /** The other thread takes from the front, this one from the end: so each reads a period once. */
  readonly #left: number[];
  readonly #written: WrittenPartition[] = [];
  readonly #others: Promise<void>;
  readonly #isShared: boolean;

  /** @param thread begins at once. */
  constructor(job: PeriodJob<T>, thread?: PeriodThread) {
    this.#job = job;
    this.#left = periodsOf(job.news.changed, job.timeframe, job.nowMs * 1000);
    this.#isShared = thread !== undefined;
    this.#others = thread === undefined ? Promise.resolve() : this.#share(thread);
    // Whoever waits for it gets the error.
    this.#others.catch(() => undefined);
  }

  async finish(source: BarSource): Promise<WrittenPartition[]> {
    for (;;) {
      this.#job.signal?.throwIfAborted();
      const period = this.#isShared ? this.#left.pop() : this.#left.shift();
      if (period === undefined) break;
      const next = this.#isShared ? this.#left.at(-1) : this.#left[0];
      this.#take(await derivePeriod(this.#job, source, period, next));
    }
    await this.#others;
    return this.#written.sort((a, b) => ((a.values.period ?? '') < (b.values.period ?? '') ? -1 : 1));
  }

  async #share(thread: PeriodThread): Promise<void> {
    for (let period = this.#left.shift(); period !== undefined; period = this.#left.shift()) {
      // Of the last ones this thread takes the next: both would hold the same bars.
      const next = this.#left.length > 2 ? this.#left[0] : undefined;
      this.#take(await thread.derive(period, next));
    }
  }

  #take(partition: WrittenPartition): void {
    if (partition.replaced.length > 0) this.#written.push(partition);
  }
}

/** Those that a change is in, and those after them, whose anchor is before it; in order. */
export function periodsOf(changed: ChangedTimes, timeframe: Timeframe, nowUs: number): number[] {
  const periods = new Set<number>();
  for (const day of changed.days) {
    periods.add(periodStartUs(timeframe, day));
    const next = periodStartUs(timeframe, day, 1);
    if (next <= nowUs) periods.add(next);
  }
  return [...periods].sort((a, b) => a - b);
}
