/** Statistics of a written file, from a query over it. Source: Delta protocol, "Per-file Statistics". */
import { type DuckDBConnection, quotedIdentifier, quotedString } from '@duckdb/node-api';
import { stringifyJson } from '../delta/json.ts';
import type { StructField } from '../delta/schema.ts';
import { lowerBound, upperBound } from '../delta/string-bounds.ts';

/** `delta.dataSkippingNumIndexedCols`. */
const INDEXED_COLUMNS = 32;

/** @returns the JSON text for `add.stats`. */
export async function fileStats(
  connection: DuckDBConnection,
  path: string,
  fields: readonly StructField[],
): Promise<string> {
  const indexed = fields.slice(0, INDEXED_COLUMNS);
  const expressions = indexed.flatMap(({ name, type }) => {
    const column = quotedIdentifier(name);
    return [`(count(*) - count(${column}))::VARCHAR`, ...boundExpressions(column, type)];
  });
  const result = await connection.runAndReadAll(
    `SELECT count(*)::VARCHAR, ${expressions.join(', ')} FROM read_parquet(${quotedString(path)}, hive_partitioning = false)`,
  );
  const [count, ...cells] = (result.getRows()[0] ?? []).map((cell) => (cell === null ? null : String(cell)));
  const minValues: Record<string, unknown> = {};
  const maxValues: Record<string, unknown> = {};
  const nullCount: Record<string, number> = {};
  for (const [index, { name, type }] of indexed.entries()) {
    const [nulls, min, max] = cells.slice(index * 3, index * 3 + 3);
    nullCount[name] = Number(nulls);
    if (min !== null && min !== undefined) minValues[name] = boundOf(min, type, 'min');
    if (max !== null && max !== undefined) maxValues[name] = boundOf(max, type, 'max');
  }
  return stringifyJson({ numRecords: Number(count), minValues, maxValues, nullCount });
}

/** Minimum and maximum as text; NULL where a bound would be wrong or is not kept for the type. */
function boundExpressions(column: string, type: StructField['type']): [string, string] {
  if (type === 'float' || type === 'double') {
    // JSON has no NaN and no infinity: a column that holds one has no bounds.
    const isPlain = `count(*) FILTER (isnan(${column}) OR isinf(${column})) = 0`;
    return [
      `CASE WHEN ${isPlain} THEN min(${column})::VARCHAR END`,
      `CASE WHEN ${isPlain} THEN max(${column})::VARCHAR END`,
    ];
  }
  if (type === 'timestamp') {
    // Both are bounds in milliseconds: the minimum floored, the maximum rounded up.
    return [
      `floor(min(epoch_us(${column})) / 1000)::BIGINT::VARCHAR`,
      `ceil(max(epoch_us(${column})) / 1000)::BIGINT::VARCHAR`,
    ];
  }
  const hasBounds =
    ['string', 'long', 'integer', 'short', 'byte', 'date'].includes(String(type)) ||
    String(type).startsWith('decimal');
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
