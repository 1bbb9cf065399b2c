/**
 * Coverage comes after the rows that it is about, and sometimes long after. These are the derived rows whose share of
 * listening comes out otherwise now.
 */
import { type DuckDBConnection, quotedIdentifier } from '@duckdb/node-api';
import type { AddFile } from '../../delta/log/actions.ts';
import { lengthUsOf, type Timeframe } from '../../lake/timeframe.ts';
import type { SymbolIndex } from '../symbol-index.ts';
import { type InputTable, newestUsIn, selectOf } from './input-table.ts';
import { coverageSql, type Listening, type ListeningSource } from './listening.ts';
import { newFiles } from './new-files.ts';

export interface LateListening {
  readonly connection: DuckDBConnection;
  readonly symbols: SymbolIndex;
  readonly coverage: InputTable | undefined;
  /** Up to which version of it the rows are made; undefined when it was not there yet. */
  readonly since: number | undefined;
  readonly source: ListeningSource;
}

/** The span that new rows of coverage are about, microseconds since the epoch. */
export interface LateSpan {
  readonly fromUs: number;
  readonly untilUs: number;
}

/** @returns undefined when there are none. */
export async function lateSpan({
  connection,
  coverage,
  since,
  source,
}: LateListening): Promise<LateSpan | undefined> {
  if (coverage === undefined) return undefined;
  const files = await newFiles(coverage, since);
  if (files.length === 0) return undefined;
  const rows = await connection.runAndReadAll(
    `SELECT min(since), max(until) FROM (${await coverageSql(connection, coverage, files, source)})`,
  );
  const [from, until] = rows.getRows()[0] ?? [];
  return typeof from === 'number' && typeof until === 'number' ? { fromUs: from, untilUs: until } : undefined;
}

export interface SharedRows {
  readonly table: InputTable;
  /** Holds the share. */
  readonly column: string;
  /** Whose stream counts; that of the row's own market when not given. */
  readonly market?: string;
}

/** @param touch gets each row that is to be made again. */
export async function forEachLate(
  { connection, symbols }: LateListening,
  { table, column, market: streamOf }: SharedRows,
  { fromUs, untilUs }: LateSpan,
  listening: Listening,
  touch: (id: number, timeframe: Timeframe, openTimeUs: number) => void,
): Promise<void> {
  const files = [...table.snapshot.files.values()].filter((file) => mayReach(file, fromUs));
  if (files.length === 0) return;
  const rows = await connection.runAndReadAll(
    `SELECT venue, market, symbol, timeframe, epoch_us(open_time)::DOUBLE, ${quotedIdentifier(column)}
     FROM (${await selectOf(connection, table, files)})
     WHERE close_time > make_timestamptz(${fromUs}) AND open_time < make_timestamptz(${Math.ceil(untilUs)})`,
  );
  for (const [venue, market, symbol, length, time, stored] of rows.getRows()) {
    const key = { venue: String(venue), market: String(market), symbol: String(symbol) };
    const timeframe = String(length) as Timeframe;
    const openTimeUs = Number(time);
    const stream = { venue: key.venue, market: streamOf ?? key.market };
    const share = listening.share(stream, openTimeUs, openTimeUs + lengthUsOf(timeframe));
    if (share !== stored) touch(symbols.idOf(key), timeframe, openTimeUs);
  }
}

/** Files that hold older bars alone are the most. */
function mayReach(file: AddFile, fromUs: number): boolean {
  const newest = newestUsIn(file, 'open_time');
  const lengthUs = lengthUsOf((file.partitionValues.timeframe ?? '1d') as Timeframe);
  return newest === undefined || newest + lengthUs > fromUs;
}
