/**
 * A Z-order key in SQL: rows that are near each other in several columns get near keys. Each column becomes a number by
 * the quantiles of a sample, so that skewed values and texts spread evenly, and the bits of the numbers interleave.
 * Source: G. M. Morton, "A computer oriented geodetic data base" (1966); Delta's `OPTIMIZE … ZORDER BY` does likewise.
 */
import { type DuckDBConnection, quotedIdentifier } from '@duckdb/node-api';

/** 256 steps a column: finer than the row groups of a file of the usual size. */
const MAX_BITS = 8;
/** All bits of the key fit into a BIGINT. */
const KEY_BITS = 62;
const SAMPLE_ROWS = 50_000;

/** @returns an expression of type BIGINT over the columns of `source`, for this connection; nulls are lowest. */
export async function zorderKey(
  connection: DuckDBConnection,
  source: string,
  columns: readonly string[],
): Promise<string> {
  const bits = Math.min(MAX_BITS, Math.floor(KEY_BITS / columns.length));
  const quantiles = Array.from({ length: 2 ** bits - 1 }, (_, index) => (index + 1) / 2 ** bits).join(', ');
  const ranks: string[] = [];
  for (const [index, name] of columns.entries()) {
    const column = quotedIdentifier(name);
    const bounds = `zorder_bounds_${index}`;
    await connection.run(
      `SET VARIABLE ${bounds} = (SELECT list_sort(list_distinct(quantile_disc(${column}, [${quantiles}])))
        FROM (SELECT ${column} FROM ${source}) USING SAMPLE reservoir(${SAMPLE_ROWS} ROWS) REPEATABLE (1))`,
    );
    const count = await connection.runAndReadAll(
      `SELECT coalesce(len(getvariable('${bounds}')), 0)::INTEGER`,
    );
    const leaf = (rank: number) => spread(rank, columns.length, columns.length - 1 - index);
    ranks.push(rankTree(column, bounds, 0, Number(count.getRows()[0]?.[0]), leaf));
  }
  return ranks.join(' | ');
}

/** How many of the bounds from `low` to `high` a value has reached, by binary search, as what `leaf` makes of it. */
function rankTree(
  column: string,
  bounds: string,
  low: number,
  high: number,
  leaf: (rank: number) => bigint,
): string {
  if (low === high) return `${leaf(low)}::BIGINT`;
  const middle = Math.ceil((low + high) / 2);
  const [below, above] = [
    rankTree(column, bounds, low, middle - 1, leaf),
    rankTree(column, bounds, middle, high, leaf),
  ];
  return `CASE WHEN ${column} >= getvariable('${bounds}')[${middle}] THEN ${above} ELSE ${below} END`;
}

/** The bits of a number, each `step` places from the next. */
function spread(value: number, step: number, shift: number): bigint {
  let bits = 0n;
  for (let bit = 0; value >> bit > 0; bit++) {
    if ((value >> bit) & 1) bits |= 1n << BigInt(bit * step + shift);
  }
  return bits;
}
