/** Partition values, which are texts in the log, as SQL. Source: Delta protocol, "Partition Value Serialization". */
import { type DuckDBConnection, quotedString } from '@duckdb/node-api';
import { LakeError } from '../../base/errors.ts';
import { hasPartitionForm, partitionValueOf } from '../../delta/format/partition-value.ts';
import type { DataType } from '../../delta/format/schema.ts';
import type { AddFile } from '../../delta/log/actions.ts';
import type { Snapshot } from '../../delta/log/snapshot.ts';
import { duckdbType } from './duckdb-type.ts';
import { nameInLog } from './table-columns.ts';

/** To DuckDB's parser, a NUL is the end of the SQL. */
export function literal(value: string | null | undefined): string {
  if (value === null || value === undefined) return 'NULL';
  return value.includes('\0')
    ? `concat(${value.split('\0').map(quotedString).join(', chr(0), ')})`
    : quotedString(value);
}

/** @param text SQL for the text of the log. @param type of DuckDB. */
export function castPartitionValue(text: string, type: string): string {
  // A cast would take backslashes for escapes, and no other letters than those of ASCII.
  return type === 'BLOB' ? `encode(${text})` : `CAST(${text} AS ${type})`;
}

/**
 * A value that is none of its column's type would fail any query in words of its own, or be rounded to another.
 *
 * @throws LakeError TABLE_DAMAGED naming the value.
 */
export async function checkPartitionValues(
  connection: DuckDBConnection,
  { schema, metadata, partitionColumns }: Pick<Snapshot, 'schema' | 'metadata' | 'partitionColumns'>,
  files: readonly AddFile[],
): Promise<void> {
  for (const field of schema.fields) {
    const { name, type } = field;
    if (!partitionColumns.includes(name) || type === 'string' || type === 'binary') continue;
    const physical = nameInLog(field, { metadata });
    const texts = new Set<string>();
    for (const add of files) {
      const text = partitionValueOf(add, physical);
      if (text !== null && !isPlainDay(type, text)) texts.add(text);
    }
    const wrong =
      [...texts].find((text) => !hasPartitionForm(type, text)) ?? (await uncastable(connection, type, texts));
    if (wrong !== undefined) throw noValue(name, type, wrong);
  }
}

/** By far the most common partition is asked for nothing more. */
function isPlainDay(type: DataType, text: string): boolean {
  if (type !== 'date' || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const ms = Date.parse(`${text}T00:00:00Z`);
  // JavaScript takes the 31st of February for the 3rd of March.
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}

async function uncastable(
  connection: DuckDBConnection,
  type: DataType,
  texts: ReadonlySet<string>,
): Promise<string | undefined> {
  if (texts.size === 0) return undefined;
  const values = Array.from(texts, (text) => `(${literal(text)})`).join(', ');
  const result = await connection.runAndReadAll(
    `SELECT text FROM (VALUES ${values}) AS texts(text) WHERE TRY_CAST(text AS ${duckdbType(type)}) IS NULL LIMIT 1`,
  );
  const [row] = result.getRows();
  return row && String(row[0]);
}

function noValue(column: string, type: DataType, value: string): LakeError {
  return new LakeError(
    'TABLE_DAMAGED',
    `the partition value \`${value.slice(0, 100)}\` of \`${column}\` is no ${typeof type === 'string' ? type : type.type}`,
    { hint: 'the program that wrote it wrote it wrongly: write that partition again with another one' },
  );
}
