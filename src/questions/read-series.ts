/** A page of one symbol's rows by time: forward from a time, or the newest ones and then backward. Rows ascend. */
import type { DuckDBValue } from '@duckdb/node-api';
import { FIRST_VENUE } from '../lake/first-venue.ts';
import type { LakeTable } from '../lake/table.ts';
import { literal } from '../query/scan/partition-literals.ts';
import type { Predicate } from '../query/skipping/predicate.ts';
import type { Page, Position, Span } from './list-answer.ts';
import type { PinnedLake } from './pinned-lake.ts';
import { RecentRows } from './recent/recent-rows.ts';
import { type ResultTable, slice, timesOf } from './result-table.ts';
import type { SeriesSource } from './series-source.ts';
import { equals, timeCondition, timePredicate } from './time-predicate.ts';

export interface SeriesPage {
  readonly rows: ResultTable;
  /** Times of the first row and of the last one. */
  readonly firstUs: bigint | undefined;
  readonly lastUs: bigint | undefined;
  readonly next: Position | undefined;
  /** The page was filled from its end. */
  readonly isBackward: boolean;
}

const DAY_US = 86_400_000_000n;
/** A first guess of how far back a page goes, and how much farther each further one. */
const WIDENING = 8n;
const GUESSES = 3;

export async function readSeries(
  lake: PinnedLake,
  source: SeriesSource,
  span: Span,
  { limit, position, signal }: Page,
): Promise<SeriesPage> {
  const isBackward = position === undefined ? span.fromUs === undefined : 'beforeUs' in position;
  const after = position !== undefined && 'afterUs' in position ? position.afterUs + 1n : undefined;
  const before = position !== undefined && 'beforeUs' in position ? position.beforeUs : undefined;
  const wanted = { fromUs: after ?? span.fromUs, toUs: before ?? span.toUs };
  const recent = await recentRows(lake, source, wanted, limit + 1, isBackward);
  const read = (within: Span) => readSpan(lake, source, within, limit + 1, isBackward, signal);
  const found = recent ?? (isBackward ? await readBack(source, wanted, limit + 1, read) : await read(wanted));
  const isMore = found.rowCount > limit;
  const kept = isMore ? slice(found, isBackward ? 1 : 0, limit) : found;
  const [firstUs, lastUs] = edgesOf(kept, source.table.timeColumn);
  const edge = isBackward ? firstUs : lastUs;
  const next =
    isMore && edge !== undefined ? (isBackward ? { beforeUs: edge } : { afterUs: edge }) : undefined;
  return { rows: kept, firstUs, lastUs, next, isBackward };
}

function edgesOf(rows: ResultTable, timeColumn: string): [bigint | undefined, bigint | undefined] {
  if (rows instanceof RecentRows) return [rows.timeUs(0), rows.timeUs(rows.rowCount - 1)];
  const timesUs = timesOf(rows, timeColumn);
  return [timesUs[0], timesUs.at(-1)];
}

/** Out of memory, for what bars alone say. */
async function recentRows(
  lake: PinnedLake,
  source: SeriesSource,
  span: Span,
  count: number,
  isBackward: boolean,
): Promise<RecentRows | undefined> {
  return isPlain(source) ? lake.recentRows(source, span, count, isBackward) : undefined;
}

/** Rows of bars, or of what is made of each bar, as they are stored. */
function isPlain({ table, wrap, correctedBy }: SeriesSource): boolean {
  return (wrap === undefined || correctedBy !== undefined) && table.columns.timeframe !== undefined;
}

async function readBack(
  { stepUs }: SeriesSource,
  { fromUs, toUs }: Span,
  count: number,
  read: (span: Span) => Promise<ResultTable>,
): Promise<ResultTable> {
  const endUs = toUs ?? BigInt(Date.now()) * 1000n + DAY_US;
  let lengthUs = stepUs * BigInt(count) + 2n * DAY_US;
  for (let guess = 0; guess < GUESSES; guess++) {
    const startUs = endUs - lengthUs;
    if (fromUs !== undefined && startUs <= fromUs) break;
    const rows = await read({ fromUs: startUs, toUs });
    if (rows.rowCount >= count) return rows;
    lengthUs *= WIDENING;
  }
  return read({ fromUs, toUs });
}

async function readSpan(
  lake: PinnedLake,
  source: SeriesSource,
  span: Span,
  count: number,
  isBackward: boolean,
  signal: AbortSignal,
): Promise<ResultTable> {
  const { table, series, filters, wrap, lookBackUs = 0n } = source;
  const { venue, market, symbol } = series;
  const read = { ...span, fromUs: span.fromUs === undefined ? undefined : span.fromUs - lookBackUs };
  const fixed = { symbol, ...filters };
  const predicate = (of: LakeTable): Predicate => ({
    kind: 'and',
    parts: [
      ...Object.entries(fixed).map(([column, value]) => equals(column, value)),
      ...timePredicate(of, read),
    ],
  });
  if (isPlain(source)) {
    const question = { source, span, predicate, count, isBackward, signal };
    const rows = await lake.connections.direct.rows(lake, question);
    if (rows) return rows;
  }
  // Not as parameters: what a parameter is, a scan does not know when it chooses row groups.
  const condition = [
    ...Object.entries(fixed).map(([column, value]) => `${column} = ${literal(value)}`),
    venue === FIRST_VENUE ? `(venue = ${literal(venue)} OR venue IS NULL)` : `venue = ${literal(venue)}`,
    market === '' ? "(market = '' OR market IS NULL)" : `market = ${literal(market)}`,
  ].join(' AND ');
  const plain = (name: string, within = span) =>
    `SELECT * FROM ${name} WHERE ${condition} AND ${timeCondition(table.timeColumn, within)}`;
  const { sql, alsoReads } = wrap?.(plain, span) ?? { sql: plain(table.name), alsoReads: [] };
  const scans = Object.fromEntries([table, ...alsoReads].map((of) => [of.name, predicate(of)]));
  const ask = (text: string) => lake.query({ sql: text, scans, signal });
  if (wrap === undefined && isWithin(span, source.stepUs * BigInt(count))) {
    // Files are sorted: putting all columns into order once more would take longer than to read them.
    const rows = await ask(sql);
    if (rows.rowCount <= count) return inOrder(rows, table.timeColumn);
  }
  const order = `${table.timeColumn} ${isBackward ? 'DESC' : 'ASC'}`;
  const page = `SELECT * FROM (${sql}) ORDER BY ${order} LIMIT ${count}`;
  return ask(isBackward ? `SELECT * FROM (${page}) ORDER BY ${table.timeColumn}` : page);
}

function isWithin({ fromUs, toUs }: Span, lengthUs: bigint): boolean {
  return fromUs !== undefined && toUs !== undefined && toUs - fromUs <= lengthUs;
}

/** Those of one time stay as they came. */
function inOrder(rows: ResultTable, timeColumn: string): ResultTable {
  const times = timesOf(rows, timeColumn);
  if (times.every((time, row) => row === 0 || time >= (times[row - 1] as bigint))) return rows;
  const order = times.map((_, row) => row);
  order.sort((a, b) => Number((times[a] as bigint) - (times[b] as bigint)));
  const columns = rows.columns.map((column) => order.map((row) => column[row] as DuckDBValue));
  return { ...rows, columns };
}
