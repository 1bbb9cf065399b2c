/** Bars that a derived table has not taken in yet: when the earliest is, and the bars themselves while they are few. */
import { type DuckDBConnection, quotedString } from '@duckdb/node-api';
import { totalRows } from '../../delta/format/stats.ts';
import type { AddFile } from '../../delta/log/actions.ts';
import { DAY_US, type Timeframe } from '../../lake/timeframe.ts';
import type { BarSeries } from '../bars/bar-series.ts';
import type { SymbolIndex } from '../symbol-index.ts';
import { ChangedTimes } from './changed-times.ts';
import { readSeries } from './read-series.ts';

/** More than the symbols of a minute: then a period is read as a whole. */
const MOST_FRESH = 20_000;
/** Later than any bar: the year 2100. */
const LAST_US = 4_102_444_800e6;

export class News {
  readonly changed = new ChangedTimes();
  /** By symbol: all that is new of it. A symbol of which more changed than these bars is not there. */
  readonly fresh = new Map<number, BarSeries>();

  /** Something that a bar is made of, or what is made of it, is no longer what it was. */
  touch(id: number, timeUs: number): void {
    this.changed.add(id, timeUs);
    this.fresh.delete(id);
  }

  delete(id: number): void {
    this.changed.delete(id);
    this.fresh.delete(id);
  }
}

export interface NewRows {
  readonly connection: DuckDBConnection;
  readonly symbols: SymbolIndex;
  /** A `SELECT` of bars. */
  readonly source: string;
  /** Only bars of this length. */
  readonly timeframe: Timeframe;
}

/** By symbol and day, the earliest bar. */
export async function changedTimesIn({
  connection,
  symbols,
  source,
  timeframe,
}: NewRows): Promise<ChangedTimes> {
  const changed = new ChangedTimes();
  const rows = await connection.runAndReadAll(
    `SELECT venue, market, symbol, min(epoch_us(open_time))::DOUBLE FROM (${source})
     WHERE timeframe = ${quotedString(timeframe)} GROUP BY venue, market, symbol, epoch_us(open_time) // ${DAY_US}`,
  );
  for (const [venue, market, symbol, time] of rows.getRows()) {
    const key = { venue: String(venue), market: String(market), symbol: String(symbol) };
    changed.add(symbols.idOf(key), Number(time));
  }
  return changed;
}

/** Those bars, in order of time. */
export function freshBars(rows: NewRows, { byId }: ChangedTimes): Promise<ReadonlyMap<number, BarSeries>> {
  return readSeries({ ...rows, ids: [...byId.keys()], fromUs: 0, untilUs: LAST_US, capacity: 1 });
}

/** Files that may hold bars of a length. */
export function ofLength(files: readonly AddFile[], timeframe: Timeframe): AddFile[] {
  return files.filter(({ partitionValues }) => (partitionValues.timeframe ?? timeframe) === timeframe);
}

/** Whether all rows of some files can be kept in memory while a run lasts. */
export function areFew(files: readonly AddFile[]): boolean {
  return (totalRows(files) ?? Number.POSITIVE_INFINITY) <= MOST_FRESH;
}
