/**
 * Looks whether a data file holds what the log says of it: its columns with the types of the schema, its number of
 * rows, and values within their bounds. Bounds are compared in the column's own type, to the last digit.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { AddFile } from '../delta/actions.ts';
import type { LogFinding } from '../delta/check-log.ts';
import { parseJsonTexts } from '../delta/json.ts';
import { quotedIdentifier, quotedString } from '../duckdb.ts';
import { messageOf } from '../errors.ts';

export interface FileColumn {
  /** Its name in the table. */
  readonly name: string;
  /** Its name in Parquet files and in statistics. */
  readonly physical: string;
  /** The DuckDB type of its values, as `typeof` writes it; undefined where the file's type is not looked at. */
  readonly type: string | undefined;
}

interface Stats {
  readonly numRecords?: unknown;
  readonly minValues?: Readonly<Record<string, unknown>>;
  readonly maxValues?: Readonly<Record<string, unknown>>;
  readonly nullCount?: Readonly<Record<string, unknown>>;
}

interface Check {
  readonly sql: string;
  readonly severity: LogFinding['severity'];
  readonly message: string;
}

/** @param file its name in the table, for findings. */
export async function checkFile(
  connection: DuckDBConnection,
  path: string,
  file: string,
  { stats: text }: AddFile,
  columns: readonly FileColumn[],
): Promise<LogFinding[]> {
  const source = `read_parquet(${quotedString(path)}, hive_partitioning = false)`;
  const findings: LogFinding[] = [];
  const add = (severity: LogFinding['severity'], message: string) =>
    findings.push({ severity, file, message });
  try {
    const stored = await storedTypes(connection, path, source);
    const known = new Map(columns.map((column) => [column.physical, column]));
    for (const name of stored.keys())
      if (!known.has(name)) add('note', `column \`${name}\` is not in the schema`);
    const checked: { column: FileColumn; type: string }[] = [];
    for (const column of columns) {
      const there = stored.get(column.physical);
      if (there === undefined || column.type === undefined) continue;
      if (there !== column.type && !isOldTimestamp(there, column.type))
        add('damage', `\`${column.name}\` is stored as ${there}, the schema says ${column.type}`);
      else checked.push({ column, type: column.type });
    }
    const stats = parseJsonTexts(text ?? '{}') as Stats;
    const checks = checked.flatMap(({ column, type }) => boundChecks(column, type, stats));
    const counts = checks.map(({ sql }) => `, (${sql})::VARCHAR`);
    const result = await connection.runAndReadAll(
      `SELECT count(*)::VARCHAR${counts.join('')} FROM ${source}`,
    );
    const [rows, ...wrong] = (result.getRows()[0] ?? []).map(String);
    if (stats.numRecords !== undefined && rows !== stats.numRecords)
      add('damage', `it has ${rows} rows, the log says ${stats.numRecords}`);
    for (const [index, { severity, message }] of checks.entries())
      if (wrong[index] !== '0') add(severity, message);
  } catch (error) {
    add('damage', `it cannot be read: ${messageOf(error).split('\n')[0]}`);
  }
  return findings;
}

/** Column → DuckDB type; INT96 by that name, since only the old form of a timestamp has it. */
async function storedTypes(
  connection: DuckDBConnection,
  path: string,
  source: string,
): Promise<Map<string, string>> {
  const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${source}`);
  const types = new Map(described.getRows().map(([name, type]) => [String(name), String(type)]));
  const old = await connection.runAndReadAll(
    `SELECT name FROM parquet_schema(${quotedString(path)}) WHERE type = 'INT96'`,
  );
  for (const [name] of old.getRows()) if (types.has(String(name))) types.set(String(name), 'INT96');
  return types;
}

function isOldTimestamp(stored: string, wanted: string): boolean {
  return stored === 'INT96' && wanted.startsWith('TIMESTAMP');
}

/** Counts of rows that the statistics would hide. */
function boundChecks(
  { name, physical }: FileColumn,
  type: string,
  { minValues = {}, maxValues = {}, nullCount = {} }: Stats,
): Check[] {
  const value = `${quotedIdentifier(physical)}::${type}`;
  const isFloat = type === 'DOUBLE' || type === 'FLOAT';
  // Not a number counts as the largest, which no bound can say: writers that leave it out hide such rows at most.
  const isNumber = isFloat ? ` AND NOT isnan(${value})` : '';
  const [min, max, nulls] = [
    textOf(minValues[physical]),
    textOf(maxValues[physical]),
    textOf(nullCount[physical]),
  ];
  const checks: Check[] = [];
  const check = (sql: string, message: string, severity: Check['severity'] = 'damage') =>
    checks.push({ sql, severity, message });
  if (min !== undefined) {
    check(
      `count(*) FILTER (${value} < ${quotedString(min)}::${type}${isNumber})`,
      `\`${name}\` has values below its minimum in the log`,
    );
  }
  if (max !== undefined) {
    // Other writers floor the maximum to the millisecond: their rows may lie up to 999 µs above it.
    const slack = type.startsWith('TIMESTAMP') ? ' + INTERVAL 1 MILLISECOND' : '';
    check(
      `count(*) FILTER (${value} > ${quotedString(max)}::${type}${slack}${isNumber})`,
      `\`${name}\` has values above its maximum in the log`,
    );
    if (isFloat) {
      check(
        `count(*) FILTER (isnan(${value}) AND NOT isnan(${quotedString(max)}::${type}))`,
        `\`${name}\` has values that are not a number, which its bounds leave out`,
        'note',
      );
    }
  }
  if (nulls !== undefined) {
    check(
      `abs(count(*) FILTER (${quotedIdentifier(physical)} IS NULL) - ${quotedString(nulls)}::BIGINT)`,
      `\`${name}\` has another number of nulls than the log says`,
    );
  }
  return checks;
}

/** Bounds of nested columns are not looked at. */
function textOf(bound: unknown): string | undefined {
  return typeof bound === 'string' || typeof bound === 'boolean' ? String(bound) : undefined;
}
