/** Which venue and market a symbol means in a table: as named, else spot before all others. */

import { LakeError } from '../base/errors.ts';
import { FIRST_VENUE } from '../lake/first-venue.ts';
import type { LakeTable } from '../lake/table.ts';
import type { Predicate } from '../query/skipping/predicate.ts';
import type { PinnedLake } from './pinned-lake.ts';
import type { SymbolName } from './symbol-name.ts';
import { equals } from './time-predicate.ts';

export interface Series {
  readonly venue: string;
  readonly market: string;
  readonly symbol: string;
}

const KEPT = 5000;
/** What was found stays true: rows are only added. */
const found = new WeakMap<object, Map<string, readonly Series[]>>();
const MARKETS = ['spot', 'stocks', 'usdm', 'coinm'];

/** @throws LakeError SYMBOL_NOT_FOUND. */
export async function findSeries(
  lake: PinnedLake,
  table: LakeTable,
  { symbol, place }: SymbolName,
  signal: AbortSignal,
): Promise<Series> {
  const all = await seriesOf(lake, table, symbol, signal);
  const best = chooseSeries(all, place);
  if (best) return best;
  const other = all.map(({ market }) => `\`${market}:${symbol}\``).join(', ');
  throw new LakeError(
    'SYMBOL_NOT_FOUND',
    `\`${place ? `${place}:` : ''}${symbol}\` is not in \`${table.name}\``,
    {
      hint: other ? `there is ${other}` : '`/symbols` lists those that are stored',
    },
  );
}

/** As the place is named, else spot before all others. */
export function chooseSeries<S extends Series>(all: readonly S[], place: string | undefined): S | undefined {
  const named = all.filter(({ venue, market }) => place === undefined || venue === place || market === place);
  return named.sort((a, b) => rank(a) - rank(b))[0];
}

function rank({ market }: Series): number {
  const index = MARKETS.indexOf(market);
  return index < 0 ? MARKETS.length : index;
}

async function seriesOf(
  lake: PinnedLake,
  table: LakeTable,
  symbol: string,
  signal: AbortSignal,
): Promise<Series[]> {
  const cache = found.get(lake.reader) ?? new Map<string, readonly Series[]>();
  found.set(lake.reader, cache);
  const key = `${table.name}|${symbol}`;
  const known = cache.get(key);
  if (known !== undefined) return [...known];
  const wanted = equals('symbol', symbol);
  const newest = newestPartition(lake, table);
  const predicates: Predicate[] = [{ kind: 'and', parts: [wanted, ...newest] }, wanted];
  for (const predicate of newest.length > 0 ? predicates : [wanted]) {
    if (!lake.mayHave(table.name, predicate)) continue;
    const { columns, rowCount } = await lake.query({
      sql: `SELECT DISTINCT coalesce(venue, '${FIRST_VENUE}'), coalesce(market, ''), symbol FROM ${table.name} WHERE symbol = $symbol ORDER BY 1, 2`,
      values: { symbol },
      scans: { [table.name]: predicate },
      signal,
    });
    if (rowCount === 0) continue;
    const series = Array.from({ length: rowCount }, (_, row) => ({
      venue: String(columns[0]?.[row]),
      market: String(columns[1]?.[row]),
      symbol,
    }));
    if (cache.size >= KEPT) cache.clear();
    cache.set(key, series);
    return [...series];
  }
  return [];
}

/** Most symbols are in the newest day, which is read much faster than all days. */
function newestPartition(lake: PinnedLake, table: LakeTable): Predicate[] {
  const partition = table.partitionBy.find((column) => table.columns[column] === 'date');
  const files = lake.table(table.name)?.snapshot.files.values() ?? [];
  let newest = '';
  for (const { partitionValues } of files) {
    const value = partition === undefined ? null : partitionValues[partition];
    if (typeof value === 'string' && value > newest) newest = value;
  }
  if (partition === undefined || newest === '') return [];
  const value = BigInt(Date.parse(`${newest}T00:00:00Z`) / 86_400_000);
  return [{ kind: 'compare', column: partition, operator: '>=', value }];
}
