/** The newest price of a symbol, and what its prices did in some hours. */

import { LakeError } from '../base/errors.ts';
import { FIRST_VENUE } from '../lake/first-venue.ts';
import { BARS_1M_TABLE } from '../lake/tables/bars-1m.ts';
import { PRICES_TABLE } from '../lake/tables/prices.ts';
import { toJson } from '../output/cell.ts';
import type { JsonValue } from '../output/json-value.ts';
import { findSeries } from './find-series.ts';
import { type NewestPrice, newestPrice, newestPrices } from './newest-prices.ts';
import type { PinnedLake } from './pinned-lake.ts';
import { readSeries } from './read-series.ts';
import { columnOf } from './result-table.ts';
import type { Series } from './series-source.ts';
import { parseSymbol, type SymbolName } from './symbol-name.ts';
import { equals, timeCondition, timePredicate } from './time-predicate.ts';

/** What prices are read from, in the order in which they are looked for. */
export const PRICE_TABLES = [PRICES_TABLE.name, BARS_1M_TABLE.name];

const SOURCES = [
  { table: PRICES_TABLE, price: 'last_price', time: 'collected_at' },
  // Stocks have bars alone.
  { table: BARS_1M_TABLE, price: 'close', time: 'close_time' },
] as const;
type PriceSource = (typeof SOURCES)[number];

export type Facts = Readonly<Record<string, JsonValue>>;

/** @throws LakeError SYMBOL_NOT_FOUND. */
export async function latestPrice(lake: PinnedLake, symbol: string, signal: AbortSignal): Promise<Facts> {
  const name = parseSymbol(symbol);
  const newest = await newestPrice(lake, name, signal);
  if (newest !== undefined) return factsOf(newest);
  const { source, series } = await findPrices(lake, name, signal);
  const { table, price, time } = source;
  const all = { fromUs: undefined, toUs: undefined };
  const page = { limit: 1, position: undefined, signal };
  const { rows } = await readSeries(lake, { table, series, filters: {}, stepUs: 60_000_000n }, all, page);
  const cell = (name: string) => toJson(columnOf(rows, name)[0] ?? null);
  const { venue, market } = series;
  return { symbol: series.symbol, price: cell(price), timestamp: cell(time), source: venue, venue, market };
}

/** Of all that were polled on the newest day, by name. */
export async function latestPrices(lake: PinnedLake, signal: AbortSignal): Promise<readonly Facts[]> {
  const all = [...(await newestPrices(lake, signal)).values()].flat();
  return all.sort((a, b) => (a.symbol < b.symbol ? -1 : 1)).map(factsOf);
}

function factsOf({ symbol, venue, market, price, timestamp }: NewestPrice): Facts {
  return { symbol, price, timestamp, source: venue, venue, market };
}

/** @throws LakeError SYMBOL_NOT_FOUND. */
export async function priceStats(
  lake: PinnedLake,
  question: { readonly symbol: string; readonly hours: number; readonly nowMs: number },
  signal: AbortSignal,
): Promise<Facts> {
  const { source, series } = await findPrices(lake, parseSymbol(question.symbol), signal);
  const { table, price, time } = source;
  const { venue, market, symbol } = series;
  const toUs = BigInt(Math.ceil(question.nowMs)) * 1000n;
  const span = { fromUs: toUs - BigInt(Math.round(question.hours * 3_600_000)) * 1000n, toUs };
  const rows = await lake.query({
    sql: `SELECT count(${price}) AS count, min(${price}) AS min, max(${price}) AS max, avg(${price}) AS mean, median(${price}) AS median,
  stddev_samp(${price}) AS stddev, arg_min(${price}, ${time}) AS first, arg_max(${price}, ${time}) AS last,
  arg_max(${price}, ${time}) - arg_min(${price}, ${time}) AS change,
  100 * (arg_max(${price}, ${time}) / nullif(arg_min(${price}, ${time}), 0) - 1) AS change_percent,
  min(${time}) AS first_at, max(${time}) AS last_at
FROM ${table.name} WHERE symbol = $symbol AND coalesce(venue, '${FIRST_VENUE}') = $venue AND coalesce(market, '') = $market
  AND ${timeCondition(table.timeColumn, span)}`,
    values: { symbol, venue, market },
    scans: {
      [table.name]: { kind: 'and', parts: [equals('symbol', symbol), ...timePredicate(table, span)] },
    },
    signal,
  });
  const facts = Object.fromEntries(
    rows.names.map((name, index) => [name, toJson(rows.columns[index]?.[0] ?? null)]),
  );
  return { symbol, venue, market, source: venue, hours: question.hours, ...facts };
}

async function findPrices(
  lake: PinnedLake,
  name: SymbolName,
  signal: AbortSignal,
): Promise<{ source: PriceSource; series: Series }> {
  let first: unknown;
  for (const source of SOURCES) {
    try {
      return { source, series: await findSeries(lake, source.table, name, signal) };
    } catch (error) {
      if (!(error instanceof LakeError && error.code === 'SYMBOL_NOT_FOUND')) throw error;
      first ??= error;
    }
  }
  throw first;
}
