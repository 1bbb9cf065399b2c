/**
 * Buckets with missing minutes become due by the clock, a day after their end, without any new bar. These are the days
 * of which that may have come true since the last run.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { DAY_US, dayText, MINUTE_US } from '../../lake/timeframe.ts';
import type { SymbolIndex } from '../symbol-index.ts';
import type { ChangedTimes } from './changed-times.ts';
import { filesIn, type InputTable, selectOf } from './input-table.ts';

export interface IncompleteDaysOptions {
  readonly connection: DuckDBConnection;
  readonly bars1m: InputTable;
  readonly symbols: SymbolIndex;
  readonly lastRunUs: number;
  readonly nowUs: number;
}

/** Adds each such day of each symbol that has bars in it, and not all of them. */
export async function addIncompleteDays(
  { connection, bars1m, symbols, lastRunUs, nowUs }: IncompleteDaysOptions,
  changed: ChangedTimes,
): Promise<void> {
  // The longest bucket is a day.
  const firstUs = Math.floor((lastRunUs - 2 * DAY_US) / DAY_US) * DAY_US;
  const days = new Set<string>();
  for (let dayUs = firstUs; dayUs < nowUs - DAY_US; dayUs += DAY_US) days.add(dayText(dayUs));
  const files = filesIn(bars1m, ({ date }) => days.has(date ?? ''));
  if (files.length === 0) return;
  const result = await connection.runAndReadAll(
    `SELECT venue, market, symbol, epoch_us(open_time) // ${DAY_US} AS day, count(*)
     FROM (${await selectOf(connection, bars1m, files)}) WHERE timeframe = '1m'
     GROUP BY ALL HAVING count(*) < ${DAY_US / MINUTE_US}`,
  );
  for (const [venue, market, symbol, day] of result.getRows()) {
    const id = symbols.idOf({ venue: String(venue), market: String(market), symbol: String(symbol) });
    changed.add(id, Number(day) * DAY_US);
  }
}
