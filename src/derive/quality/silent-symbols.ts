/**
 * Symbols that have fallen silent and not come back: no new bar tells of them. A finding names what is newest of their market,
 * and until when somebody is known to have listened to it: where all is silent, nobody may have been there to hear.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { DAY_US, dayText, MINUTE_US } from '../../lake/timeframe.ts';
import { filesIn, type InputTable, selectOf } from '../input/input-table.ts';
import { Listening } from '../input/listening.ts';
import type { SymbolKey } from '../symbol-index.ts';
import type { FoundInBar } from './bar-quality.ts';
import { STALE_SYMBOL } from './series-checks.ts';

export interface SilentOptions {
  readonly connection: DuckDBConnection;
  readonly bars1m: InputTable;
  readonly coverage: InputTable | undefined;
  readonly nowUs: number;
  /** How long a symbol may be silent, milliseconds. */
  readonly longestMs: number;
  /** Of one that nobody watches any more, no bars are expected. */
  readonly isWatched: (key: SymbolKey) => boolean;
}

/** One that fell silent longer ago was found then, or before anyone looked. */
const LOOK_BACK_US = 7 * DAY_US;

export async function silentSymbols(options: SilentOptions): Promise<FoundInBar[]> {
  const { connection, coverage, nowUs, longestMs, isWatched } = options;
  const newest = await newestBars(options);
  const listening = await Listening.load(connection, coverage, 'bars', nowUs - LOOK_BACK_US);
  const ends = new Map<string, number>();
  for (const { key, openTimeUs } of newest) {
    const known = ends.get(marketOf(key)) ?? listening.untilOf(key);
    ends.set(marketOf(key), Math.max(known, openTimeUs + MINUTE_US));
  }
  const threshold = (longestMs * 1000) / MINUTE_US;
  return newest.flatMap(({ key, openTimeUs }) => {
    const untilUs = Math.min(nowUs, ends.get(marketOf(key)) ?? 0);
    const value = Math.floor((untilUs - openTimeUs) / MINUTE_US) - 1;
    // Stocks rest at night.
    if (value <= threshold || key.market === 'stocks' || !isWatched(key)) return [];
    return [{ check: STALE_SYMBOL, key, openTimeUs, value, threshold }];
  });
}

async function newestBars({
  connection,
  bars1m,
  nowUs,
}: SilentOptions): Promise<{ key: SymbolKey; openTimeUs: number }[]> {
  const first = dayText(nowUs - LOOK_BACK_US);
  const files = filesIn(bars1m, ({ date }) => (date ?? '') >= first);
  if (files.length === 0) return [];
  const rows = await connection.runAndReadAll(
    `SELECT venue, market, symbol, max(epoch_us(open_time))::DOUBLE FROM (${await selectOf(connection, bars1m, files)})
     WHERE timeframe = '1m' AND open_time >= make_timestamptz(${nowUs - LOOK_BACK_US}) GROUP BY ALL`,
  );
  return rows.getRows().map(([venue, market, symbol, time]) => ({
    key: { venue: String(venue), market: String(market), symbol: String(symbol) },
    openTimeUs: Number(time),
  }));
}

function marketOf({ venue, market }: SymbolKey): string {
  return JSON.stringify([venue, market]);
}
