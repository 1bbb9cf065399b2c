/**
 * Buckets with missing minutes become due by the clock, a day after their end, without any new bar. These are the
 * symbols and times of which that has come true since the last run.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { DAY_US, dayText, lengthUsOf, MINUTE_US } from '../../lake/timeframe.ts';
import { ROLLUP_TIMEFRAMES } from '../bars/roll-up.ts';
import type { SymbolIndex } from '../symbol-index.ts';
import { filesIn, type InputTable, selectOf } from './input-table.ts';
import type { News } from './news.ts';

export interface IncompleteOptions {
  readonly connection: DuckDBConnection;
  readonly bars1m: InputTable;
  readonly symbols: SymbolIndex;
  readonly lastRunUs: number;
  readonly nowUs: number;
}

/** Touches each symbol that has bars in the span of such buckets, and not all of them. */
export async function addIncompleteBuckets(
  { connection, bars1m, symbols, lastRunUs, nowUs }: IncompleteOptions,
  news: News,
): Promise<void> {
  const span = dueSpan(lastRunUs, nowUs);
  if (span === undefined) return;
  const { fromUs, untilUs } = span;
  const files = filesIn(
    bars1m,
    ({ date }) => (date ?? '') >= dayText(fromUs) && (date ?? '') <= dayText(untilUs - 1),
  );
  if (files.length === 0) return;
  const result = await connection.runAndReadAll(
    `SELECT venue, market, symbol, epoch_us(open_time) // ${DAY_US} AS day, count(*)
     FROM (${await selectOf(connection, bars1m, files)})
     WHERE timeframe = '1m' AND open_time >= make_timestamptz(${fromUs}) AND open_time < make_timestamptz(${untilUs}) GROUP BY ALL`,
  );
  for (const [venue, market, symbol, day, minutes] of result.getRows()) {
    const dayUs = Number(day) * DAY_US;
    const sinceUs = Math.max(dayUs, fromUs);
    const expected = (Math.min(dayUs + DAY_US, untilUs) - sinceUs) / MINUTE_US;
    if (Number(minutes) === expected) continue;
    const id = symbols.idOf({ venue: String(venue), market: String(market), symbol: String(symbol) });
    news.touch(id, sinceUs);
  }
}

/** From the first to the last minute of the buckets that ended a day before some time since the last run. */
function dueSpan(lastRunUs: number, nowUs: number): { fromUs: number; untilUs: number } | undefined {
  let [fromUs, untilUs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const timeframe of ROLLUP_TIMEFRAMES) {
    const lengthUs = lengthUsOf(timeframe);
    const firstEndUs = (Math.floor((lastRunUs - DAY_US) / lengthUs) + 1) * lengthUs;
    const lastEndUs = Math.floor((nowUs - DAY_US) / lengthUs) * lengthUs;
    if (lastEndUs < firstEndUs) continue;
    fromUs = Math.min(fromUs, firstEndUs - lengthUs);
    untilUs = Math.max(untilUs, lastEndUs);
  }
  return untilUs > fromUs ? { fromUs, untilUs } : undefined;
}
