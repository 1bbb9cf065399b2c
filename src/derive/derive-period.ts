/**
 * Rows that are made bar by bar from a fixed beginning: the start of the period before the one that a bar is in. So each
 * period is a pure function of the bars of two periods, whoever computes it, and whenever.
 */
import type { TableBatch } from '../ingest/rows/table-batch.ts';
import type { LakeTable } from '../lake/table.ts';
import { lengthUsOf, periodStartUs, type Timeframe } from '../lake/timeframe.ts';
import type { BarSeries } from './bars/bar-series.ts';
import type { BarSource } from './input/bar-source.ts';
import type { News } from './input/news.ts';
import type { KeptMakers } from './live/kept-makers.ts';
import { type OutputTable, PartitionWriter, type WrittenPartition } from './output/partition-writer.ts';
import type { RowMaker } from './row-maker.ts';
import type { SymbolIndex } from './symbol-index.ts';

export interface PeriodJob<T extends LakeTable> {
  /** Empty: rows gather in it, period after period, so that its memory is asked for once. */
  readonly batch: TableBatch<T>;
  readonly output: OutputTable;
  readonly timeframe: Timeframe;
  readonly symbols: SymbolIndex;
  readonly news: News;
  /** That of `bars_1m`. */
  readonly inputsVersion: number;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Of the newest period; undefined for a run that nothing follows. */
  readonly kept?: KeptMakers<T> | undefined;
  /** Begins a series of a symbol. */
  begin(id: number, anchorUs: number): RowMaker<T>;
}

/** Bars of one period that are in memory at once. */
const MAX_BARS = 500_000;

/** @param nextUs the period that is likely to be asked for next: its bars are read meanwhile. */
export async function derivePeriod<T extends LakeTable>(
  job: PeriodJob<T>,
  source: BarSource,
  periodUs: number,
  nextUs?: number,
): Promise<WrittenPartition> {
  const { timeframe } = job;
  const period = periodAt(timeframe, periodUs);
  const writer = new PartitionWriter(job.output, job.batch, { timeframe, periodUs, nowMs: job.nowMs });
  const anew = affectedIn(job, period).filter((id) => !goOn(job, writer, period, id));
  const size = Math.floor((MAX_BARS * lengthUsOf(timeframe)) / (period.endUs - periodUs));
  for (const group of groupsOf(anew, Math.max(1, size))) {
    job.signal?.throwIfAborted();
    const before = await source.period(timeframe, period.anchorUs, group);
    const bars = await source.period(timeframe, periodUs, group);
    if (nextUs !== undefined && group.length === anew.length) readAhead(source, timeframe, nextUs, group);
    await makeAnew(job, writer, period, group, { before, bars });
  }
  return writer.finish();
}

export interface Period {
  readonly startUs: number;
  readonly endUs: number;
  readonly anchorUs: number;
}

/** Of whose rows in a period something may have changed. */
export function affectedIn<T extends LakeTable>(
  { symbols, news: { changed } }: PeriodJob<T>,
  { anchorUs, endUs }: Period,
): number[] {
  return symbols
    .sorted(changed.byId.keys())
    .filter((id) => changed.earliestIn(id, anchorUs, endUs) !== undefined);
}

export function periodAt(timeframe: Timeframe, startUs: number): Period {
  return {
    startUs,
    endUs: periodStartUs(timeframe, startUs, 1),
    anchorUs: periodStartUs(timeframe, startUs, -1),
  };
}

function readAhead(source: BarSource, timeframe: Timeframe, periodUs: number, ids: readonly number[]): void {
  const { startUs, anchorUs } = periodAt(timeframe, periodUs);
  source.readAhead(timeframe, anchorUs, ids);
  source.readAhead(timeframe, startUs, ids);
}

/** @returns false when the series is to be made anew. */
function goOn<T extends LakeTable>(
  { kept, news, inputsVersion }: PeriodJob<T>,
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

interface TwoPeriods {
  readonly before: ReadonlyMap<number, BarSeries>;
  readonly bars: ReadonlyMap<number, BarSeries>;
}

async function makeAnew<T extends LakeTable>(
  { news, inputsVersion, kept, begin }: PeriodJob<T>,
  writer: PartitionWriter<T>,
  { startUs, endUs, anchorUs }: Period,
  ids: readonly number[],
  { before, bars }: TwoPeriods,
): Promise<void> {
  for (const id of ids) {
    const earliest = news.changed.earliestIn(id, anchorUs, endUs) ?? anchorUs;
    const fromUs = Math.max(startUs, earliest);
    // Older versions wrote minutes that came late after midnight also into the day after theirs.
    writer.replaces({ id, fromUs: fromUs > startUs ? fromUs : 0, untilUs: endUs });
    const maker = begin(id, anchorUs);
    skipUntil(maker, before.get(id), startUs);
    const rows = bars.get(id);
    if (rows !== undefined) {
      skipUntil(maker, rows, fromUs);
      const fromRow = rows.firstAtOrAfter(fromUs);
      if (fromRow < rows.length)
        maker.write(writer, { bars: rows, fromRow, untilRow: rows.length, inputsVersion });
    }
    kept?.keep(id, startUs, maker, [rows, before.get(id)]);
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

function* groupsOf(ids: readonly number[], size: number): Generator<number[]> {
  for (let start = 0; start < ids.length; start += size) yield ids.slice(start, start + size);
}
