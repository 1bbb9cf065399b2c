/**
 * Statistics and fingerprint of a written file, in one scan of it. Bounds of texts come from its footer, which has them
 * for free. Source: Delta protocol, "Per-file Statistics".
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { stringifyJson } from '../delta/json.ts';
import type { StructField } from '../delta/schema.ts';
import { lowerBound, upperBound } from '../delta/string-bounds.ts';
import { quotedIdentifier, quotedString } from '../duckdb.ts';
import { rowHash } from './row-fingerprint.ts';

export interface FileStats {
  /** The JSON text for `add.stats`. */
  readonly stats: string;
  readonly rows: bigint;
  /** The sum of the hashes of all rows. */
  readonly hash: bigint;
}

/** `delta.dataSkippingNumIndexedCols`. */
const INDEXED_COLUMNS = 32;

/** @param fields the columns that the file holds. */
export async function fileStats(
  connection: DuckDBConnection,
  path: string,
  fields: readonly StructField[],
): Promise<FileStats> {
  // Of structs, lists and maps nothing is said: a count for a struct as a whole would break the statistics of the others.
  const indexed = fields.slice(0, INDEXED_COLUMNS).filter(({ type }) => typeof type === 'string');
  const expressions = indexed.flatMap(({ name, type }) => {
    const column = quotedIdentifier(name);
    return [`(count(*) - count(${column}))::VARCHAR`, ...boundExpressions(column, type)];
  });
  const hash = `coalesce(sum(${rowHash(fields.map(({ name }) => name))}::HUGEINT), 0)::VARCHAR`;
  const result = await connection.runAndReadAll(
    `SELECT count(*)::VARCHAR, ${[hash, ...expressions].join(', ')} FROM read_parquet(${quotedString(path)}, hive_partitioning = false)`,
  );
  const [rows, sum, ...cells] = (result.getRows()[0] ?? []).map((cell) =>
    cell === null ? null : String(cell),
  );
  const textBounds = await footerBounds(connection, path);
  const minValues: Record<string, unknown> = {};
  const maxValues: Record<string, unknown> = {};
  const nullCount: Record<string, number> = {};
  for (const [index, { name, type }] of indexed.entries()) {
    const [nulls, ...scanned] = cells.slice(index * 3, index * 3 + 3);
    const [min, max] = type === 'string' ? (textBounds.get(name) ?? []) : scanned;
    nullCount[name] = Number(nulls);
    if (min !== null && min !== undefined) minValues[name] = boundOf(min, type, 'min');
    if (max !== null && max !== undefined) maxValues[name] = boundOf(max, type, 'max');
  }
  const stats = stringifyJson({ numRecords: Number(rows), minValues, maxValues, nullCount });
  return { stats, rows: BigInt(rows ?? 0), hash: BigInt(sum ?? 0) };
}

/** @returns minimum and maximum of the texts that the footer has exact bounds of for each row group with any. */
async function footerBounds(
  connection: DuckDBConnection,
  path: string,
): Promise<ReadonlyMap<string, readonly [string, string]>> {
  const result = await connection.runAndReadAll(
    `SELECT path_in_schema, min(stats_min_value), max(stats_max_value) FROM parquet_metadata(${quotedString(path)})
     WHERE type = 'BYTE_ARRAY' AND stats_null_count IS DISTINCT FROM num_values GROUP BY 1
     HAVING bool_and(coalesce(min_is_exact AND max_is_exact AND stats_min_value IS NOT NULL, false))`,
  );
  return new Map(result.getRows().map(([name, min, max]) => [String(name), [String(min), String(max)]]));
}

/** Minimum and maximum as text; NULL where a bound would be wrong, is not kept for the type, or stands in the footer. */
function boundExpressions(column: string, type: StructField['type']): [string, string] {
  if (type === 'float' || type === 'double') {
    // JSON has no NaN and no infinity: a column that holds one has no bounds. Either is the least or the greatest.
    const isPlain = `isfinite(min(${column})) AND isfinite(max(${column}))`;
    return [
      `CASE WHEN ${isPlain} THEN min(${column})::VARCHAR END`,
      `CASE WHEN ${isPlain} THEN max(${column})::VARCHAR END`,
    ];
  }
  if (type === 'timestamp') {
    // Both are bounds in milliseconds: the minimum floored, the maximum rounded up.
    const [min, max] = [`epoch_us(min(${column}))`, `epoch_us(max(${column}))`];
    return [
      `((${min} - (${min} % 1000 + 1000) % 1000) // 1000)::VARCHAR`,
      `((${max} + (1000 - ${max} % 1000) % 1000) // 1000)::VARCHAR`,
    ];
  }
  const hasBounds =
    ['long', 'integer', 'short', 'byte', 'date'].includes(String(type)) || String(type).startsWith('decimal');
  return hasBounds ? [`min(${column})::VARCHAR`, `max(${column})::VARCHAR`] : ['NULL', 'NULL'];
}

function boundOf(text: string, type: StructField['type'], side: 'min' | 'max'): unknown {
  switch (type) {
    case 'string':
      return side === 'min' ? lowerBound(text) : upperBound(text);
    case 'date':
      return text;
    case 'timestamp':
      return isoOrNothing(Number(text));
    case 'long':
      return BigInt(text);
    default:
      return String(type).startsWith('decimal') ? exactOrNothing(text) : Number(text);
  }
}

/** A decimal with more digits than a number holds has no bound: a rounded one would hide rows. */
function exactOrNothing(text: string): number | undefined {
  const plain = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  return String(Number(plain)) === plain ? Number(plain) : undefined;
}

/** Times that JavaScript cannot write have no bound. */
function isoOrNothing(ms: number): string | undefined {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) || date.getUTCFullYear() > 9999 || date.getUTCFullYear() < 0
    ? undefined
    : date.toISOString();
}
