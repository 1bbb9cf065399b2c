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
import { PartitionWriter, type WrittenPartition } from './output/partition-writer.ts';

/** Takes the bars of one series since its anchor, one after the other. */
export interface RowMaker<T extends LakeTable> {
  /** Takes a bar whose row nobody wants. */
  skip(bars: BarSeries, row: number): void;
  next(bars: BarSeries, row: number): void;
  /** Writes the row of the bar that was taken last. */
  push(writer: PartitionWriter<T>, bars: BarSeries, row: number): void;
}

export interface ByPeriod<T extends LakeTable> {
  readonly table: T;
  readonly delta: DeltaTable;
  readonly timeframe: Timeframe;
  readonly changed: ChangedTimes;
  /** Begins a series of a symbol. */
  begin(id: number, anchorUs: number): RowMaker<T>;
}

/** Bars of one period that are in memory at once. */
const MAX_BARS = 1_000_000;

export async function deriveByPeriod<T extends LakeTable>(
  run: DeriveRun,
  source: BarSource,
  job: ByPeriod<T>,
): Promise<WrittenPartition[]> {
  const { timeframe, changed } = job;
  const written: WrittenPartition[] = [];
  const ids = run.symbols.sorted(changed.byId.keys());
  for (const periodUs of periodsOf(changed, timeframe, run.nowUs)) {
    const endUs = periodStartUs(timeframe, periodUs, 1);
    const anchorUs = periodStartUs(timeframe, periodUs, -1);
    const where = { timeframe, periodUs, nowMs: run.options.nowMs };
    const writer = new PartitionWriter(job.delta, job.table, where);
    const affected = ids.filter((id) => changed.earliestIn(id, anchorUs, endUs) !== undefined);
    for (const group of groupsOf(
      affected,
      Math.floor((MAX_BARS * lengthUsOf(timeframe)) / (endUs - periodUs)),
    )) {
      run.options.signal?.throwIfAborted();
      const before = await source.period(timeframe, anchorUs, group);
      const bars = await source.period(timeframe, periodUs, group);
      for (const id of group) {
        const earliest = changed.earliestIn(id, anchorUs, endUs) ?? anchorUs;
        const fromUs = Math.max(periodUs, earliest);
        writer.replaces({ id, fromUs, untilUs: endUs });
        const maker = job.begin(id, anchorUs);
        takeAll(maker, before.get(id));
        pushFrom(maker, writer, bars.get(id), fromUs);
        await writer.flushWhenFull();
      }
    }
    written.push(await writer.finish());
  }
  return written;
}

function takeAll<T extends LakeTable>(maker: RowMaker<T>, bars: BarSeries | undefined): void {
  if (bars === undefined) return;
  for (let row = 0; row < bars.length; row++) maker.skip(bars, row);
}

function pushFrom<T extends LakeTable>(
  maker: RowMaker<T>,
  writer: PartitionWriter<T>,
  bars: BarSeries | undefined,
  fromUs: number,
): void {
  if (bars === undefined) return;
  const first = bars.firstAtOrAfter(fromUs);
  for (let row = 0; row < bars.length; row++) {
    if (row < first) {
      maker.skip(bars, row);
      continue;
    }
    maker.next(bars, row);
    maker.push(writer, bars, row);
  }
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
