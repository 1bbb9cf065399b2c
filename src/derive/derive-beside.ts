/**
 * Periods of a table while other parts of a run look at the same bars: what is read for all is handed to a second thread,
 * which has nothing to read then. What waits for it is limited; beyond that this thread makes periods itself.
 */
import type { LakeTable } from '../lake/table.ts';
import type { SeriesColumn } from './bars/bar-series.ts';
import { periodsOf } from './derive-by-period.ts';
import { affectedIn, derivePeriod, type PeriodJob, periodAt } from './derive-period.ts';
import type { BarSource } from './input/bar-source.ts';
import type { DayTurn } from './input/day-turns.ts';
import type { SeriesById } from './input/read-series.ts';
import type { WrittenPartition } from './output/partition-writer.ts';
import { type HandedBars, packBars } from './parallel/handed-bars.ts';
import type { PeriodThread } from './parallel/period-thread.ts';

/** Enough for a thread that is asked again only when this one has a moment: it may be busy with a file for half a second. */
const MOST_ASKED = 3;
/** Bars that wait, about as many as it makes while this thread makes those of longer bars: some 100 MB. */
const MOST_WAITING_BARS = 800_000;

interface Waiting {
  readonly periodUs: number;
  readonly ids: readonly number[];
  readonly before: SeriesById;
  readonly bars: SeriesById;
  readonly count: number;
}

export class DeriveBeside<T extends LakeTable> {
  readonly #job: PeriodJob<T>;
  readonly #thread: PeriodThread;
  readonly #columns: readonly SeriesColumn[];
  readonly #waiting: Waiting[] = [];
  #waitingBars = 0;
  readonly #asked = new Set<Promise<void>>();
  #failure: unknown;
  /** The period that was handed over last. */
  #handed: HandedBars | undefined;
  readonly #written: WrittenPartition[] = [];

  /** @param columns that rows are made of. */
  constructor(job: PeriodJob<T>, thread: PeriodThread, columns: readonly SeriesColumn[]) {
    this.#job = job;
    this.#thread = thread;
    this.#columns = columns;
  }

  /** Goes through all periods. */
  async begin(source: BarSource, turn: DayTurn): Promise<void> {
    const { timeframe, news, nowMs, signal } = this.#job;
    try {
      for (const periodUs of periodsOf(news.changed, timeframe, nowMs * 1000)) {
        signal?.throwIfAborted();
        await turn.begin(periodUs);
        const { ids, anchorUs } = this.#whatIn(periodUs);
        const before = await source.period(timeframe, anchorUs, ids);
        const bars = await source.period(timeframe, periodUs, ids);
        const count = ids.reduce((sum, id) => sum + (bars.get(id)?.length ?? 0), 0);
        if (this.#waiting.length > 0 && this.#waitingBars + count > MOST_WAITING_BARS)
          this.#take(await derivePeriod(this.#job, source, periodUs));
        else this.#wait({ periodUs, ids, before, bars, count });
      }
    } finally {
      turn.end();
    }
  }

  /** Helps with what still waits. */
  async finish(source: BarSource): Promise<WrittenPartition[]> {
    for (let last = this.#waiting.pop(); last !== undefined; last = this.#waiting.pop()) {
      this.#job.signal?.throwIfAborted();
      const { periodUs, ids, before, bars } = last;
      source.put(this.#job.timeframe, this.#whatIn(periodUs).anchorUs, ids, before);
      source.put(this.#job.timeframe, periodUs, ids, bars);
      this.#take(await derivePeriod(this.#job, source, periodUs));
    }
    while (this.#asked.size > 0) await Promise.all(this.#asked);
    if (this.#failure !== undefined) throw this.#failure;
    return this.#written.sort((a, b) => ((a.values.period ?? '') < (b.values.period ?? '') ? -1 : 1));
  }

  #whatIn(periodUs: number): { ids: readonly number[]; anchorUs: number } {
    const period = periodAt(this.#job.timeframe, periodUs);
    return { ids: affectedIn(this.#job, period), anchorUs: period.anchorUs };
  }

  #wait(waiting: Waiting): void {
    this.#waiting.push(waiting);
    this.#waitingBars += waiting.count;
    this.#ask();
  }

  #ask(): void {
    while (this.#asked.size < MOST_ASKED && this.#failure === undefined) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#waitingBars -= next.count;
      const asked = this.#thread
        .derive(next.periodUs, undefined, this.#hand(next))
        .then((partition) => this.#take(partition))
        .catch((error: unknown) => {
          this.#failure ??= error;
        })
        .then(() => {
          this.#asked.delete(asked);
          this.#ask();
        });
      this.#asked.add(asked);
    }
  }

  /** The thread still has the period before, when it was given that one last. */
  #hand({ periodUs, ids, before, bars }: Waiting): HandedBars[] {
    const { anchorUs } = this.#whatIn(periodUs);
    const last = this.#handed;
    const isKnown = last?.startUs === anchorUs && ids.every((id) => last.ids.includes(id));
    const handed = packBars(periodUs, ids, bars, this.#columns);
    this.#handed = handed;
    return isKnown ? [handed] : [packBars(anchorUs, ids, before, this.#columns), handed];
  }

  #take(partition: WrittenPartition): void {
    if (partition.replaced.length > 0) this.#written.push(partition);
  }
}
