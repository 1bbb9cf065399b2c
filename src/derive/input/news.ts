/** Bars that a derived table has not taken in yet: when the earliest is, and the bars themselves while they are few. */
import { type DuckDBConnection, quotedString } from '@duckdb/node-api';
import { totalRows } from '../../delta/format/stats.ts';
import type { AddFile } from '../../delta/log/actions.ts';
import { DAY_US, type Timeframe } from '../../lake/timeframe.ts';
import type { BarSeries } from '../bars/bar-series.ts';
import type { SymbolIndex } from '../symbol-index.ts';
import { ChangedTimes } from './changed-times.ts';
import { type InputTable, selectOf } from './input-table.ts';
import { readSeries } from './read-series.ts';

/** More than the symbols of a minute: then a period is read as a whole. */
const MOST_FRESH = 20_000;

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
  readonly input: InputTable;
  readonly files: readonly AddFile[];
  /** Only bars of this length. */
  readonly timeframe: Timeframe;
}

/** By symbol and day, the earliest bar in some files. */
export async function changedTimesIn({
  connection,
  symbols,
  input,
  files,
  timeframe,
}: NewRows): Promise<ChangedTimes> {
  const changed = new ChangedTimes();
  const alike = ofLength(files, timeframe);
  if (alike.length === 0) return changed;
  const rows = await connection.runAndReadAll(
    `SELECT venue, market, symbol, min(epoch_us(open_time))::DOUBLE FROM (${await selectOf(connection, input, alike)})
     WHERE timeframe = ${quotedString(timeframe)} GROUP BY venue, market, symbol, epoch_us(open_time) // ${DAY_US}`,
  );
  for (const [venue, market, symbol, time] of rows.getRows()) {
    const key = { venue: String(venue), market: String(market), symbol: String(symbol) };
    changed.add(symbols.idOf(key), Number(time));
  }
  return changed;
}

/** Those bars, in order of time; nothing when they are many. */
export async function freshBars(
  { connection, symbols, input, files, timeframe }: NewRows,
  { byId }: ChangedTimes,
): Promise<ReadonlyMap<number, BarSeries>> {
  const alike = ofLength(files, timeframe);
  const rows = totalRows(alike) ?? Number.POSITIVE_INFINITY;
  if (alike.length === 0 || rows > MOST_FRESH) return new Map();
  return readSeries({
    connection,
    source: await selectOf(connection, input, alike),
    timeframe,
    symbols,
    ids: [...byId.keys()],
    fromUs: 0,
    untilUs: Number.MAX_SAFE_INTEGER,
  });
}

function ofLength(files: readonly AddFile[], timeframe: Timeframe): AddFile[] {
  return files.filter(({ partitionValues }) => (partitionValues.timeframe ?? timeframe) === timeframe);
}
