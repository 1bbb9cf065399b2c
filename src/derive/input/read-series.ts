/** Bars from Parquet into series by symbol. */
import { type DuckDBConnection, quotedString } from '@duckdb/node-api';
import { lengthUsOf, type Timeframe } from '../../lake/timeframe.ts';
import {
  BAR_COLUMNS,
  type BarColumn,
  BarSeries,
  COMPLETENESS,
  ORIGINS,
  UNKNOWN_CODE,
} from '../bars/bar-series.ts';
import type { SymbolIndex } from '../symbol-index.ts';
import { readDoubles } from './column-chunks.ts';

export interface ReadSeriesOptions {
  readonly connection: DuckDBConnection;
  /** A `SELECT` of bars. */
  readonly source: string;
  readonly timeframe: Timeframe;
  readonly symbols: SymbolIndex;
  readonly ids: readonly number[];
  /** Inclusive. */
  readonly fromUs: number;
  /** Exclusive. */
  readonly untilUs: number;
  /** How many bars of a symbol are likely; all that fit into the span when not given. */
  readonly capacity?: number;
  /** More SQL, such as an order. */
  readonly orderBy?: string;
  /** False keeps the rows of the query, in its order, and several of one time. */
  readonly isSorted?: boolean;
  /** Only these; all when not given. Half of them cost half. */
  readonly columns?: readonly BarColumn[] | undefined;
}

/** Room for so many bars is made at once. */
const MAX_CAPACITY = 9000;

export type SeriesById = Map<number, BarSeries>;

export async function readSeries(options: ReadSeriesOptions): Promise<SeriesById> {
  const { timeframe, ids } = options;
  const byId: SeriesById = new Map();
  if (ids.length === 0) return byId;
  const { columns: names = BAR_COLUMNS } = options;
  const { capacity = Math.ceil((options.untilUs - options.fromUs) / lengthUsOf(timeframe)) } = options;
  await readDoubles(options.connection, sqlOf(options), (columns, rows) => {
    const idColumn = columns[0] as Float64Array;
    for (let from = 0; from < rows; ) {
      const id = idColumn[from] as number;
      let until = from + 1;
      while (until < rows && idColumn[until] === id) until++;
      let series = byId.get(id);
      if (series === undefined) {
        series = new BarSeries(timeframe, Math.min(MAX_CAPACITY, capacity), names);
        byId.set(id, series);
      }
      copyRows(series, names, columns, from, until);
      from = until;
    }
  });
  if (options.isSorted !== false) for (const series of byId.values()) series.sort();
  return byId;
}

/** @param columns the id, and those of these names. */
function copyRows(
  series: BarSeries,
  names: readonly BarColumn[],
  columns: readonly Float64Array[],
  from: number,
  until: number,
): void {
  series.reserve(until - from);
  const at = series.length;
  for (const code of ['completeness', 'origin'] as const)
    if (!names.includes(code)) series[code].fill(UNKNOWN_CODE, at, at + until - from);
  for (const [index, name] of names.entries()) {
    const target = name === 'completeness' || name === 'origin' ? series[name] : series.columns[name];
    target.set((columns[index + 1] as Float64Array).subarray(from, until), at);
  }
  series.length += until - from;
}

function sqlOf({
  source,
  timeframe,
  symbols,
  ids,
  fromUs,
  untilUs,
  orderBy = '',
  columns = BAR_COLUMNS,
}: ReadSeriesOptions): string {
  const values = ids.map((id) => {
    const { venue, market, symbol } = symbols.keyOf(id);
    return `(${id}::DOUBLE, ${[venue, market, symbol].map(quotedString).join(', ')})`;
  });
  return `SELECT ${['w.id', ...columns.map(columnSql)].join(', ')}
    FROM (${source}) AS b JOIN (VALUES ${values.join(', ')}) AS w(id, venue, market, symbol)
      ON b.venue = w.venue AND b.market = w.market AND b.symbol = w.symbol
    WHERE b.timeframe = ${quotedString(timeframe)} AND b.open_time >= make_timestamptz(${fromUs}) AND b.open_time < make_timestamptz(${untilUs}) ${orderBy}`;
}

const TIMES: ReadonlySet<BarColumn> = new Set(['open_time', 'event_time', 'known_at']);

function columnSql(name: BarColumn): string {
  if (name === 'completeness') return codeSql(name, COMPLETENESS);
  if (name === 'origin') return codeSql(name, ORIGINS);
  const value = TIMES.has(name) ? `epoch_us(b.${name})` : `b.${name}`;
  return `coalesce(${value}::DOUBLE, 'nan'::DOUBLE)`;
}

function codeSql(name: string, words: readonly string[]): string {
  const cases = words.map((word, code) => `WHEN ${quotedString(word)} THEN ${code}::DOUBLE`);
  return `CASE b.${name} ${cases.join(' ')} ELSE ${UNKNOWN_CODE}::DOUBLE END`;
}
