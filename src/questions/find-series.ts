/** Which venue and market a symbol means in a table: as named, else spot before all others. */

import { LakeError } from '../base/errors.ts';
import { FIRST_VENUE } from '../lake/first-venue.ts';
import type { LakeTable } from '../lake/table.ts';
import { BARS_ROLLUP_TABLE } from '../lake/tables/bars-rollup.ts';
import { FEATURES_TABLE } from '../lake/tables/features.ts';
import { INDICATORS_TABLE } from '../lake/tables/indicators.ts';
import type { Predicate } from '../query/skipping/predicate.ts';
import type { PinnedLake } from './pinned-lake.ts';
import type { Series } from './series-source.ts';
import type { SymbolName } from './symbol-name.ts';
import { equals } from './time-predicate.ts';

const KEPT = 5000;
/** What was found stays true: rows are only added. */
const found = new WeakMap<object, Map<string, readonly Series[]>>();
/** What was not found, with the version of the table in which it was looked for. */
const missed = new WeakMap<object, Map<string, number>>();
const MARKETS = ['spot', 'stocks', 'usdm', 'coinm'];

/** @throws LakeError SYMBOL_NOT_FOUND. */
export async function findSeries(
  lake: PinnedLake,
  table: LakeTable,
  { symbol, place }: SymbolName,
  signal: AbortSignal,
): Promise<Series> {
  let all = await seriesOf(lake, table, symbol, signal);
  if (place !== undefined && all.length > 0 && !chooseSeries(all, place))
    all = await seriesOfAllDays(lake, table, { symbol, place }, signal);
  const best = chooseSeries(all, place);
  if (best) return best;
  const other = all.map(({ market }) => `\`${market}:${symbol}\``).join(', ');
  throw new LakeError(
    'SYMBOL_NOT_FOUND',
    `\`${place ? `${place}:` : ''}${symbol}\` is not in \`${table.name}\``,
    {
      hint: other ? `there is ${other}` : hintOf(table),
    },
  );
}

function hintOf({ name }: LakeTable): string {
  const isDerived =
    name === BARS_ROLLUP_TABLE.name || name === INDICATORS_TABLE.name || name === FEATURES_TABLE.name;
  const stored = '`/symbols` lists those that are stored';
  return isDerived ? `${stored}; \`crypto-lake derive\` makes this of bars of 1m` : stored;
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
): Promise<readonly Series[]> {
  const known = mapOf(found, lake);
  const key = `${table.name}|${symbol}`;
  const unknown = mapOf(missed, lake);
  const version = lake.versions[table.name] ?? -1;
  if (!known.has(key) && unknown.get(key) === version) return [];
  const newest = newestPartition(lake, table);
  if (newest.length > 0 && !known.has(key)) await findAll(lake, table, newest, signal);
  const before = known.get(key);
  if (before !== undefined) return before;
  const wanted = equals('symbol', symbol);
  const series = lake.mayHave(table.name, wanted) ? await ask(lake, table, wanted, signal, symbol) : [];
  if (series.length > 0) keep(known, key, series);
  else keep(unknown, key, version);
  return series;
}

/** What is named may have ended before the newest day, in which the same symbol of another market goes on. */
async function seriesOfAllDays(
  lake: PinnedLake,
  table: LakeTable,
  { symbol, place }: SymbolName,
  signal: AbortSignal,
): Promise<readonly Series[]> {
  const [known, unknown] = [mapOf(found, lake), mapOf(missed, lake)];
  const key = `${table.name}|${symbol}|*`;
  const version = lake.versions[table.name] ?? -1;
  const before = known.get(key);
  if (before && (chooseSeries(before, place) || unknown.get(`${key}|${place}`) === version)) return before;
  const series = await ask(lake, table, equals('symbol', symbol), signal, symbol);
  keep(known, key, series);
  if (!chooseSeries(series, place)) keep(unknown, `${key}|${place}`, version);
  return series;
}

/** Most symbols are in the newest day: it is read once for all of them. */
async function findAll(
  lake: PinnedLake,
  table: LakeTable,
  newest: readonly Predicate[],
  signal: AbortSignal,
): Promise<void> {
  const known = mapOf(found, lake);
  // Once a version: others may have come.
  const key = `${table.name}||${lake.versions[table.name]}`;
  if (known.has(key)) return;
  const all = new Map<string, Series[]>();
  for (const one of await ask(lake, table, { kind: 'and', parts: newest }, signal)) {
    const same = all.get(one.symbol) ?? [];
    same.push(one);
    all.set(one.symbol, same);
  }
  for (const [symbol, series] of all) keep(known, `${table.name}|${symbol}`, series);
  keep(known, key, []);
}

async function ask(
  lake: PinnedLake,
  table: LakeTable,
  predicate: Predicate,
  signal: AbortSignal,
  symbol?: string,
): Promise<Series[]> {
  const { columns, rowCount } = await lake.query({
    sql: `SELECT DISTINCT coalesce(venue, '${FIRST_VENUE}'), coalesce(market, ''), symbol FROM ${table.name}${symbol === undefined ? '' : ' WHERE symbol = $symbol'} ORDER BY 1, 2`,
    values: symbol === undefined ? {} : { symbol },
    scans: { [table.name]: predicate },
    signal,
  });
  return Array.from({ length: rowCount }, (_, row) => ({
    venue: String(columns[0]?.[row]),
    market: String(columns[1]?.[row]),
    symbol: String(columns[2]?.[row]),
  }));
}

function mapOf<T>(maps: WeakMap<object, Map<string, T>>, { connections }: PinnedLake): Map<string, T> {
  const known = maps.get(connections) ?? new Map<string, T>();
  maps.set(connections, known);
  return known;
}

function keep<T>(known: Map<string, T>, key: string, value: T): void {
  if (known.size >= KEPT) known.clear();
  known.set(key, value);
}

/** The newest day, which is read much faster than all days. */
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
