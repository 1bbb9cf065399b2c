/**
 * Statistics and fingerprint of a written file, in one scan of it. Bounds of texts come from its footer, which has them
 * for free. Source: Delta protocol, "Per-file Statistics".
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { stringifyJson } from '../delta/json.ts';
import type { DataType, StructField } from '../delta/schema.ts';
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

/** `delta.dataSkippingNumIndexedCols`: the fields of a struct count one by one. */
const INDEXED_COLUMNS = 32;

/** A column that is no struct: its names from the root, and its value in SQL. */
interface LeafColumn {
  readonly path: readonly string[];
  readonly type: DataType;
  readonly sql: string;
}

/** @param fields the columns that the file holds. */
export async function fileStats(
  connection: DuckDBConnection,
  path: string,
  fields: readonly StructField[],
): Promise<FileStats> {
  const indexed = leavesOf(fields).slice(0, INDEXED_COLUMNS);
  const textBounds = await footerBounds(connection, path);
  const expressions = indexed.flatMap((leaf) => [
    `(count(*) - count(${leaf.sql}))::VARCHAR`,
    ...boundExpressions(leaf),
  ]);
  const hash = `coalesce(sum(${rowHash(fields.map(({ name }) => name))}::HUGEINT), 0)::VARCHAR`;
  const result = await connection.runAndReadAll(
    `SELECT count(*)::VARCHAR, ${[hash, ...expressions].join(', ')} FROM read_parquet(${quotedString(path)}, hive_partitioning = false)`,
  );
  const [rows, sum, ...cells] = (result.getRows()[0] ?? []).map((cell) =>
    cell === null ? null : String(cell),
  );
  const minValues: NestedValues = {};
  const maxValues: NestedValues = {};
  const nullCount: NestedValues = {};
  for (const [index, leaf] of indexed.entries()) {
    const [nulls, ...scanned] = cells.slice(index * 3, index * 3 + 3);
    const [min, max] = inFooter(leaf) ? (textBounds.get(leaf.path[0] ?? '') ?? []) : scanned;
    put(nullCount, leaf.path, Number(nulls));
    if (min !== null && min !== undefined) put(minValues, leaf.path, boundOf(min, leaf.type, 'min'));
    if (max !== null && max !== undefined) put(maxValues, leaf.path, boundOf(max, leaf.type, 'max'));
  }
  const stats = stringifyJson({ numRecords: Number(rows), minValues, maxValues, nullCount });
  return { stats, rows: BigInt(rows ?? 0), hash: BigInt(sum ?? 0) };
}

function leavesOf(fields: readonly StructField[], parent?: LeafColumn): LeafColumn[] {
  return fields.flatMap(({ name, type }) => {
    const sql = parent ? `struct_extract(${parent.sql}, ${quotedString(name)})` : quotedIdentifier(name);
    const leaf = { path: [...(parent?.path ?? []), name], type, sql };
    return typeof type !== 'string' && type.type === 'struct' ? leavesOf(type.fields, leaf) : [leaf];
  });
}

/** Texts of nested columns are scanned: the footer joins their names, which need not be one column's then. */
function inFooter({ path, type }: LeafColumn): boolean {
  return type === 'string' && path.length === 1;
}

type NestedValues = { [name: string]: unknown };

/** Statistics are nested as the columns are. */
function put(values: NestedValues, [name = '', ...rest]: readonly string[], value: unknown): void {
  if (value === undefined) return;
  if (rest.length === 0) values[name] = value;
  else {
    values[name] ??= {};
    put(values[name] as NestedValues, rest, value);
  }
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
function boundExpressions(leaf: LeafColumn): [string, string] {
  const { sql: column, type } = leaf;
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
    ['long', 'integer', 'short', 'byte', 'date'].includes(String(type)) ||
    String(type).startsWith('decimal') ||
    (type === 'string' && !inFooter(leaf));
  return hasBounds ? [`min(${column})::VARCHAR`, `max(${column})::VARCHAR`] : ['NULL', 'NULL'];
}

function boundOf(text: string, type: DataType, side: 'min' | 'max'): unknown {
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
