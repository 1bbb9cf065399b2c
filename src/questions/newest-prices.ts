/** The newest price of every symbol that was polled on the newest day: read once a version, then all lookups are in memory. */
import { FIRST_VENUE } from '../lake/first-venue.ts';
import { PRICES_TABLE } from '../lake/tables/prices.ts';
import { toJson } from '../output/cell.ts';
import type { JsonValue } from '../output/json-value.ts';
import { chooseSeries } from './find-series.ts';
import type { PinnedLake } from './pinned-lake.ts';
import type { SymbolName } from './symbol-name.ts';

export interface NewestPrice {
  readonly venue: string;
  readonly market: string;
  readonly symbol: string;
  readonly price: JsonValue;
  readonly timestamp: JsonValue;
}

type BySymbol = ReadonlyMap<string, readonly NewestPrice[]>;

/** Of the newest version alone. */
const read = new WeakMap<object, { readonly version: number; readonly prices: Promise<BySymbol> }>();

/** @returns undefined for a symbol that was not polled on the newest day. */
export async function newestPrice(
  lake: PinnedLake,
  { symbol, place }: SymbolName,
  signal: AbortSignal,
): Promise<NewestPrice | undefined> {
  return chooseSeries((await newestPrices(lake, signal)).get(symbol) ?? [], place);
}

/** By symbol. */
export function newestPrices(lake: PinnedLake, signal: AbortSignal): Promise<BySymbol> {
  const version = lake.versions[PRICES_TABLE.name];
  if (version === undefined) return Promise.resolve(new Map());
  let known = read.get(lake.connections);
  if (known?.version !== version) {
    known = { version, prices: readAll(lake, signal) };
    known.prices.catch(() => read.delete(lake.connections));
    read.set(lake.connections, known);
  }
  return known.prices;
}

async function readAll(lake: PinnedLake, signal: AbortSignal): Promise<BySymbol> {
  const rows = await lake.query({
    sql: `SELECT coalesce(venue, '${FIRST_VENUE}'), coalesce(market, ''), symbol, arg_max(last_price, collected_at), max(collected_at) FROM prices GROUP BY 1, 2, 3`,
    scans: { prices: lake.newestDay(PRICES_TABLE.name) },
    signal,
  });
  const bySymbol = new Map<string, NewestPrice[]>();
  for (let row = 0; row < rows.rowCount; row++) {
    const [venue, market, symbol, price = null, timestamp = null] = rows.columns.map((column) =>
      toJson(column[row] ?? null),
    );
    const one = { venue: String(venue), market: String(market), symbol: String(symbol), price, timestamp };
    bySymbol.set(one.symbol, [...(bySymbol.get(one.symbol) ?? []), one]);
  }
  return bySymbol;
}
