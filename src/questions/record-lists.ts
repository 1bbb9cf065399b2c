/** Lists whose pages are counted: coverage, findings of quality, symbols, and totals of liquidations. */
import { FIRST_VENUE } from '../lake/first-venue.ts';
import { COVERAGE_TABLE } from '../lake/tables/coverage.ts';
import { LIQUIDATION_TABLE } from '../lake/tables/liquidation.ts';
import { QUALITY_TABLE } from '../lake/tables/quality.ts';
import { SYMBOLS_TABLE } from '../lake/tables/symbols.ts';
import { type Hole, isoOf, type ListAnswer, type Page, type Span } from './list-answer.ts';
import type { LakeQuery, PinnedLake } from './pinned-lake.ts';
import type { ResultTable } from './result-table.ts';
import { slice } from './result-table.ts';
import { symbolCondition } from './symbol-condition.ts';
import type { SymbolName } from './symbol-name.ts';
import { equals, timeCondition, timePredicate } from './time-predicate.ts';

/** Reads one page of a query in an order that leaves nothing open. */
async function readPage(
  lake: PinnedLake,
  { sql, ...query }: Omit<LakeQuery, 'signal'>,
  order: string,
  { limit, position, signal }: Page,
): Promise<{ rows: ResultTable; next: ListAnswer['next'] }> {
  const offset = position !== undefined && 'offset' in position ? position.offset : 0;
  const found = await lake.query({
    ...query,
    sql: `SELECT * FROM (${sql}) ORDER BY ${order} LIMIT ${limit + 1} OFFSET ${offset}`,
    signal,
  });
  if (found.rowCount <= limit) return { rows: found, next: undefined };
  return { rows: slice(found, 0, limit), next: { offset: offset + limit } };
}

export async function listCoverage(
  lake: PinnedLake,
  question: CoverageQuestion,
  page: Page,
): Promise<ListAnswer> {
  const { sql, values, scans } = spansOf(question);
  const order = 'started_at, ended_at, source, stream, connection, state';
  const [answer, listened] = await Promise.all([
    readPage(lake, { sql, values, scans }, order, page),
    listenedIn(lake, question, page.signal),
  ]);
  return { ...answer, ...listened };
}

interface CoverageQuestion extends Span {
  readonly source: string | undefined;
}

/** The rows of coverage that a question is about. */
function spansOf({ source, fromUs, toUs }: CoverageQuestion) {
  // A span that began before and reaches into the time belongs to it.
  const overlap = [
    fromUs === undefined ? 'true' : `ended_at >= make_timestamptz(${fromUs})`,
    toUs === undefined ? 'true' : `started_at < make_timestamptz(${toUs})`,
    source === undefined ? 'true' : 'source = $source',
  ].join(' AND ');
  const values: Record<string, string> = source === undefined ? {} : { source };
  const day = 86_400_000_000n;
  const predicate = timePredicate(COVERAGE_TABLE, {
    fromUs: fromUs === undefined ? undefined : fromUs - day,
    toUs,
  });
  const scans = { coverage: { kind: 'and' as const, parts: predicate } };
  return { sql: `SELECT * FROM coverage WHERE ${overlap}`, overlap, values, scans };
}

/** Until when something was listened to, and the holes before. */
async function listenedIn(
  lake: PinnedLake,
  question: CoverageQuestion,
  signal: AbortSignal,
): Promise<Pick<ListAnswer, 'completeUntilUs' | 'holes'>> {
  const { overlap, values, scans } = spansOf(question);
  const facts = await lake.query({ sql: holesSql(overlap), values, scans, signal });
  const cells = (row: number) => facts.columns.map((column) => column[row]);
  const holes: Hole[] = [];
  let completeUntilUs: bigint | undefined;
  for (let row = 0; row < facts.rowCount; row++) {
    const [venue, market, of, stream, from, to, reason] = cells(row);
    const fromMicros = (from as { micros: bigint }).micros;
    if (to === null || to === undefined) {
      if (completeUntilUs === undefined || fromMicros > completeUntilUs) completeUntilUs = fromMicros;
      continue;
    }
    holes.push({
      from: isoOf(fromMicros),
      to: isoOf((to as { micros: bigint }).micros),
      venue: String(venue),
      market: market === null ? null : String(market),
      source: String(of),
      stream: String(stream),
      reason: reason === null ? null : String(reason),
    });
  }
  return { completeUntilUs, holes };
}

/** Between the spans of a stream, whoever listened; the last row of each has no end: since then nothing is known. */
function holesSql(overlap: string): string {
  return `SELECT venue, market, source, stream, ended_at, next_start, end_reason FROM (
  SELECT *, lead(started_at) OVER (PARTITION BY venue, market, source, stream ORDER BY started_at) AS next_start FROM (
    SELECT venue, market, source, stream, min(started_at) AS started_at, max(ended_at) AS ended_at, arg_max(end_reason, ended_at) AS end_reason FROM (
      SELECT *, sum(CASE WHEN before IS NULL OR started_at > before THEN 1 ELSE 0 END) OVER (PARTITION BY venue, market, source, stream ORDER BY started_at, ended_at) AS island FROM (
        SELECT *, max(ended_at) OVER (PARTITION BY venue, market, source, stream ORDER BY started_at, ended_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
        FROM (SELECT coalesce(venue, '${FIRST_VENUE}') AS venue, market, source, stream, started_at, ended_at, end_reason FROM coverage
          WHERE state = 'listening' AND ${overlap})
      )
    ) GROUP BY venue, market, source, stream, island
  )
) WHERE next_start IS NULL OR next_start > ended_at ORDER BY ended_at LIMIT 1000`;
}

export async function listQuality(
  lake: PinnedLake,
  question: Span & { readonly check: string | undefined; readonly name: SymbolName | undefined },
  page: Page,
): Promise<ListAnswer> {
  const { check, name } = question;
  const named = symbolCondition(name);
  const wanted = { ...named.values, ...(check === undefined ? {} : { check }) };
  const where = [...named.where, ...(check === undefined ? [] : ['"check" = $check'])];
  const span = timeCondition(QUALITY_TABLE.timeColumn, question);
  const sql = `SELECT * FROM quality WHERE ${[span, ...where].join(' AND ')}`;
  const scans = { quality: { kind: 'and' as const, parts: timePredicate(QUALITY_TABLE, question) } };
  const order = `${QUALITY_TABLE.timeColumn} DESC, "check", symbol, key, found_at, value`;
  const answer = await readPage(lake, { sql, values: wanted, scans }, order, page);
  return { ...answer, completeUntilUs: await newestOf(lake, 'quality', 'found_at', page.signal), holes: [] };
}

const LOWER_BOUNDS = 'most venues stream a sample of their forced orders: totals are lower bounds';

export async function listLiquidations(
  lake: PinnedLake,
  question: Span & {
    readonly bucketUs: bigint;
    readonly name: SymbolName | undefined;
    readonly venue: string | undefined;
    readonly side: string | undefined;
  },
  page: Page,
): Promise<ListAnswer> {
  const { bucketUs, name, venue, side } = question;
  const named = symbolCondition(name);
  const wanted = {
    ...named.values,
    ...(venue === undefined ? {} : { venue }),
    ...(side === undefined ? {} : { side }),
  };
  const where = [
    ...named.where,
    ...(venue === undefined ? [] : [`coalesce(venue, '${FIRST_VENUE}') = $venue`]),
    ...(side === undefined ? [] : ['side = $side']),
  ];
  const span = timeCondition('trade_time', question);
  const sql = `SELECT time_bucket(to_microseconds(${bucketUs}), trade_time) AS bucket, coalesce(venue, '${FIRST_VENUE}') AS venue, market, side, count(*) AS orders,
  count(DISTINCT symbol) AS symbols, sum(notional) AS notional_at_least, max(notional) AS largest
FROM liquidation WHERE ${[span, ...where].join(' AND ')} GROUP BY 1, 2, 3, 4`;
  const predicate = [
    ...timePredicate(LIQUIDATION_TABLE, question),
    ...(name === undefined ? [] : [equals('symbol', name.symbol)]),
  ];
  const scans = { liquidation: { kind: 'and' as const, parts: predicate } };
  const order = 'bucket, venue, market, side';
  const [answer, listened] = await Promise.all([
    readPage(lake, { sql, values: wanted, scans }, order, page),
    listenedIn(lake, { ...question, source: 'liquidation' }, page.signal),
  ]);
  return { ...answer, ...listened, note: LOWER_BOUNDS };
}

async function newestOf(
  lake: PinnedLake,
  table: string,
  column: string,
  signal: AbortSignal,
): Promise<bigint | undefined> {
  const sql = `SELECT max(${column}) FROM ${table}`;
  const { columns } = await lake.query({ sql, scans: { [table]: { kind: 'unknown' } }, signal });
  const newest = columns[0]?.[0];
  return newest === null || newest === undefined ? undefined : (newest as { micros: bigint }).micros;
}

/** Tables that tell which symbols there are; of those by day, the newest alone. */
export const SYMBOL_TABLES = ['prices', 'bars_1m', 'liquidation', 'symbols'];

const FACTS = [
  'is_watched',
  'is_featured',
  'status',
  'base_asset',
  'quote_asset',
  'contract_type',
  'contract_size',
  'price_increment',
  'quantity_increment',
];

/** Each symbol of a venue and market once: the newest of its facts, and the tables that have rows of it. */
export async function listSymbols(lake: PinnedLake, page: Page): Promise<ListAnswer> {
  const there = SYMBOL_TABLES.filter((name) => lake.table(name) !== undefined);
  const scans = Object.fromEntries(
    there.map((name) => [name, name === 'symbols' ? { kind: 'unknown' as const } : lake.newestDays(name)]),
  );
  const key = `coalesce(venue, '${FIRST_VENUE}') AS venue, market, symbol`;
  const selects = there.map((name) =>
    name === 'symbols'
      ? `SELECT ${key}, NULL AS found_in, {${FACTS.map((fact) => `${fact}: ${fact}`).join(', ')}} AS facts, known_at FROM symbols`
      : `SELECT DISTINCT ${key}, '${name}' AS found_in FROM ${name}`,
  );
  // Always there, so that the columns are; a struct, so that the facts of one version stay together.
  const none = `SELECT NULL AS venue, NULL AS market, NULL AS symbol, NULL AS found_in,
    {${FACTS.map((fact) => `${fact}: ${factType(fact)}`).join(', ')}} AS facts, NULL::TIMESTAMPTZ AS known_at WHERE false`;
  const sql = `SELECT * EXCLUDE (facts), unnest(facts) FROM (
  SELECT venue, market, symbol, coalesce(list_sort(list(DISTINCT found_in) FILTER (found_in IS NOT NULL)), []) AS tables, arg_max(facts, known_at) AS facts
  FROM (${[none, ...selects].join(' UNION ALL BY NAME ')}) GROUP BY venue, market, symbol)`;
  const answer = await readPage(lake, { sql, scans }, 'venue, market, symbol', page);
  return { ...answer, completeUntilUs: undefined, holes: [] };
}

function factType(fact: string): string {
  const type: string = SYMBOLS_TABLE.columns[fact as keyof typeof SYMBOLS_TABLE.columns];
  return `NULL::${{ boolean: 'BOOLEAN', double: 'DOUBLE' }[type] ?? 'VARCHAR'}`;
}
