/** Puts a bar of no trades at the close before into each hole, marked `filled`: for charts and models that need every bar. */
import { BOOLEAN, DuckDBTimestampTZValue, type DuckDBValue } from '@duckdb/node-api';
import { type Hole, microsOf, type Position } from './list-answer.ts';
import type { ResultTable } from './result-table.ts';
import { columnOf, slice } from './result-table.ts';

export interface FillQuestion {
  readonly rows: ResultTable;
  /** The row before a hole with which the page begins. */
  readonly seed: ResultTable | undefined;
  readonly timesUs: readonly bigint[];
  readonly stepUs: bigint;
  readonly holes: readonly Hole[];
  readonly limit: number;
  readonly isBackward: boolean;
}

const COUNTS = new Set([
  'volume',
  'quote_volume',
  'taker_buy_volume',
  'taker_buy_quote_volume',
  'trade_count',
]);
const PRICES = new Set(['open', 'high', 'low', 'close']);

/** @returns at most `limit` rows, and where the next page begins when filled rows took the place of others. */
export function fillHoles({ rows, seed, timesUs, stepUs, holes, limit, isBackward }: FillQuestion): {
  rows: ResultTable;
  next: Position | undefined;
} {
  const missing = new Set<bigint>();
  for (const { from, to } of holes) {
    for (let us = microsOf(from); us < microsOf(to) && missing.size <= limit * 2; us += stepUs)
      missing.add(us);
  }
  const index = new Map(timesUs.map((timeUs, row) => [timeUs, row]));
  const hasSeed = seed !== undefined && seed.rowCount > 0;
  const firstUs = timesUs[0];
  // Before the first bar of all nobody knows a close.
  const known = [...missing].filter((us) => hasSeed || (firstUs !== undefined && us > firstUs));
  const times = [...timesUs, ...known];
  times.sort((a, b) => (a < b ? -1 : 1));
  const cellBefore = (name: string) => columnOf(before < 0 && seed ? seed : rows, name)[Math.max(before, 0)];
  const columns = rows.names.map((): DuckDBValue[] => []);
  const filled: DuckDBValue[] = [];
  let before = -1;
  for (const us of times) {
    const row = index.get(us);
    if (row !== undefined) before = row;
    filled.push(row === undefined);
    for (const [column, name] of rows.names.entries()) {
      const of = rows.columns[column] ?? [];
      columns[column]?.push(
        row === undefined
          ? filledCell(name, us, stepUs, cellBefore(name), cellBefore('close'))
          : (of[row] ?? null),
      );
    }
  }
  const all: ResultTable = {
    names: [...rows.names, 'filled'],
    types: [...rows.types, BOOLEAN],
    columns: [...columns, filled],
    rowCount: times.length,
  };
  if (times.length <= limit) return { rows: all, next: undefined };
  const start = isBackward ? times.length - limit : 0;
  const edge = isBackward ? times[start] : times[limit - 1];
  const next = edge === undefined ? undefined : isBackward ? { beforeUs: edge } : { afterUs: edge };
  return { rows: slice(all, start, limit), next };
}

function filledCell(
  name: string,
  us: bigint,
  stepUs: bigint,
  before: DuckDBValue | undefined,
  close: DuckDBValue | undefined,
): DuckDBValue {
  if (name === 'open_time') return new DuckDBTimestampTZValue(us);
  if (name === 'close_time') return new DuckDBTimestampTZValue(us + stepUs);
  if (PRICES.has(name)) return close ?? null;
  if (COUNTS.has(name)) return typeof before === 'bigint' || name === 'trade_count' ? 0n : 0;
  return ['venue', 'market', 'symbol', 'timeframe', 'date', 'period'].includes(name)
    ? (before ?? null)
    : null;
}
