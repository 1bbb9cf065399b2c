/**
 * Rows that are made bar by bar from a fixed beginning: the start of the period before the one that a bar is in. So each
 * period is a pure function of the bars of two periods, whoever computes it, and whenever.
 */
import type { DeltaTable } from '../delta/delta-table.ts';
import type { LakeTable } from '../lake/table.ts';
import { lengthUsOf, periodStartUs, type Timeframe } from '../lake/timeframe.ts';
import type { BarSeries } from './bars/bar-series.ts';
import type { DeriveRun } from './derive-run.ts';
import type { BarSource } from './input/bar-source.ts';
import type { ChangedTimes } from './input/changed-times.ts';
import type { News } from './input/news.ts';
import type { KeptMakers } from './live/kept-makers.ts';
import { PartitionWriter, type WrittenPartition } from './output/partition-writer.ts';
import type { RowMaker } from './row-maker.ts';

export interface ByPeriod<T extends LakeTable> {
  readonly table: T;
  readonly delta: DeltaTable;
  readonly timeframe: Timeframe;
  readonly news: News;
  /** That of `bars_1m`. */
  readonly inputsVersion: number;
  /** Of the newest period; undefined for a run that nothing follows. */
  readonly kept: KeptMakers<T> | undefined;
  /** Begins a series of a symbol. */
  begin(id: number, anchorUs: number): RowMaker<T>;
}

/** Bars of one period that are in memory at once. */
const MAX_BARS = 500_000;

export async function deriveByPeriod<T extends LakeTable>(
  run: DeriveRun,
  source: BarSource,
  job: ByPeriod<T>,
): Promise<WrittenPartition[]> {
  const { timeframe, news } = job;
  const { changed } = news;
  const written: WrittenPartition[] = [];
  const ids = run.symbols.sorted(changed.byId.keys());
  for (const periodUs of periodsOf(changed, timeframe, run.nowUs)) {
    const period = {
      startUs: periodUs,
      endUs: periodStartUs(timeframe, periodUs, 1),
      anchorUs: periodStartUs(timeframe, periodUs, -1),
    };
    const where = { timeframe, periodUs, nowMs: run.options.nowMs };
    const writer = new PartitionWriter(job.delta, job.table, where);
    const affected = ids.filter((id) => changed.earliestIn(id, period.anchorUs, period.endUs) !== undefined);
    const anew = affected.filter((id) => !goOn(job, writer, period, id));
    const size = Math.floor((MAX_BARS * lengthUsOf(timeframe)) / (period.endUs - periodUs));
    for (const group of groupsOf(anew, Math.max(1, size))) {
      run.options.signal?.throwIfAborted();
      await makeAnew(source, job, writer, period, group);
    }
    const partition = await writer.finish();
    if (partition.replaced.length > 0) written.push(partition);
  }
  return written;
}

interface Period {
  readonly startUs: number;
  readonly endUs: number;
  readonly anchorUs: number;
}

/** @returns false when the series is to be made anew. */
function goOn<T extends LakeTable>(
  { kept, news, inputsVersion }: ByPeriod<T>,
  writer: PartitionWriter<T>,
  { startUs, endUs }: Period,
  id: number,
): boolean {
  const fresh = news.fresh.get(id);
  const found = kept?.goOn(id, startUs, fresh);
  if (kept === undefined || found === undefined || fresh === undefined) return false;
  const { maker } = found.kept;
  const untilRow = fresh.firstAtOrAfter(endUs);
  if (found.fromRow >= untilRow) return true;
  writer.replaces({ id, fromUs: fresh.columns.open_time[found.fromRow] as number, untilUs: endUs });
  maker.write(writer, { bars: fresh, fromRow: found.fromRow, untilRow, inputsVersion });
  found.kept.last.replace(0, fresh, untilRow - 1);
  return true;
}

async function makeAnew<T extends LakeTable>(
  source: BarSource,
  { timeframe, news, inputsVersion, kept, begin }: ByPeriod<T>,
  writer: PartitionWriter<T>,
  { startUs, endUs, anchorUs }: Period,
  ids: readonly number[],
): Promise<void> {
  const before = await source.period(timeframe, anchorUs, ids);
  const bars = await source.period(timeframe, startUs, ids);
  for (const id of ids) {
    const earliest = news.changed.earliestIn(id, anchorUs, endUs) ?? anchorUs;
    const fromUs = Math.max(startUs, earliest);
    writer.replaces({ id, fromUs, untilUs: endUs });
    const maker = begin(id, anchorUs);
    skipUntil(maker, before.get(id), startUs);
    const rows = bars.get(id);
    if (rows !== undefined) {
      skipUntil(maker, rows, fromUs);
      const fromRow = rows.firstAtOrAfter(fromUs);
      if (fromRow < rows.length)
        maker.write(writer, { bars: rows, fromRow, untilRow: rows.length, inputsVersion });
    }
    kept?.keep(id, startUs, maker, [bars.get(id), before.get(id)]);
    await writer.flushWhenFull();
  }
}

function skipUntil<T extends LakeTable>(
  maker: RowMaker<T>,
  bars: BarSeries | undefined,
  untilUs: number,
): void {
  const untilRow = bars?.firstAtOrAfter(untilUs) ?? 0;
  for (let row = 0; row < untilRow; row++) maker.skip(bars as BarSeries, row);
}

/** Those that a change is in, and those after them, whose anchor is before it. */
function periodsOf(changed: ChangedTimes, timeframe: Timeframe, nowUs: number): number[] {
  const periods = new Set<number>();
  for (const day of changed.days) {
    periods.add(periodStartUs(timeframe, day));
    const next = periodStartUs(timeframe, day, 1);
    if (next <= nowUs) periods.add(next);
  }
  return [...periods].sort((a, b) => a - b);
}

function* groupsOf(ids: readonly number[], size: number): Generator<number[]> {
  for (let start = 0; start < ids.length; start += size) yield ids.slice(start, start + size);
}
