/**
 * Looks whether a data file holds what the log says of it: its columns with the types of the schema, its number of
 * rows, and values within their bounds. Bounds are compared in the column's own type, to the last digit.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { messageOf } from '../../base/errors.ts';
import { permissionDenied } from '../../base/permission-denied.ts';
import type { AddFile } from '../../delta/log/actions.ts';
import { parseJsonTexts } from '../../delta/log/json.ts';
import type { Snapshot } from '../../delta/log/snapshot.ts';
import type { LogFinding } from '../../delta/log/verify-log.ts';
import { parquetList } from '../../parquet/parquet-list.ts';
import { hasStruct } from '../scan/column-projection.ts';
import { duckdbType } from '../scan/duckdb-type.ts';
import { parquetShapes } from '../scan/parquet-schema.ts';
import { literal } from '../scan/partition-literals.ts';
import { fieldFinder, nameInLog } from '../scan/table-columns.ts';
import { type StatsLeaf, statsLeaves } from './stats-leaves.ts';

interface Stats {
  readonly numRecords?: unknown;
  readonly minValues?: unknown;
  readonly maxValues?: unknown;
  readonly nullCount?: unknown;
}

interface Check {
  readonly sql: string;
  readonly severity: LogFinding['severity'];
  readonly message: string;
}

interface TypedLeaf extends StatsLeaf {
  readonly stored: string;
  readonly wanted: string;
}

/** @param file its name in the table, for findings. */
export async function checkFile(
  connection: DuckDBConnection,
  path: string,
  file: string,
  { stats: text }: AddFile,
  table: Snapshot,
): Promise<LogFinding[]> {
  const source = `read_parquet(${parquetList([path])}, hive_partitioning = false)`;
  const findings: LogFinding[] = [];
  const add = (severity: LogFinding['severity'], message: string) =>
    findings.push({ severity, file, message });
  try {
    const [shape] = await parquetShapes(connection, new Set([path]));
    const nodes = shape?.root.children ?? [];
    const find = fieldFinder(table, path);
    const known = new Set(table.schema.fields.map((field) => find(nodes, field)));
    for (const node of nodes)
      if (!known.has(node)) add('note', `column \`${node.name}\` is not in the schema`);
    // Files need not have partition columns.
    const fields = table.schema.fields.filter(({ name }) => !table.partitionColumns.includes(name));
    const leaves = statsLeaves(fields, nodes, { find, nameInLog: (field) => nameInLog(field, table) });
    const stats = parseJsonTexts(text ?? '{}') as Stats;
    const checks: Check[] = [];
    for (const leaf of await typedLeaves(connection, source, leaves)) {
      const { name, stored, wanted } = leaf;
      // What is in lists and maps may lack fields, or have others.
      if (stored === wanted || isOldTimestamp(stored, wanted) || hasStruct(leaf.type))
        checks.push(...boundChecks(leaf, stats));
      else add('damage', `\`${name}\` is stored as ${stored}, the schema says ${wanted}`);
    }
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
    if (/Permission denied/.test(messageOf(error))) throw permissionDenied(path, error);
    add('damage', `it cannot be read: ${messageOf(error).split('\n')[0]}`);
  }
  return findings;
}

/** With DuckDB's types; INT96 by that name, since only the old form of a timestamp has it. */
async function typedLeaves(
  connection: DuckDBConnection,
  source: string,
  leaves: readonly StatsLeaf[],
): Promise<TypedLeaf[]> {
  if (leaves.length === 0) return [];
  const values = leaves.flatMap(({ sql, type }) => [sql, `NULL::${duckdbType(type)}`]);
  const described = await connection.runAndReadAll(
    `DESCRIBE SELECT ${values.map((value, index) => `${value} AS c${index}`).join(', ')} FROM ${source}`,
  );
  const types = described.getRows().map(([, type]) => String(type));
  return leaves.map((leaf, index) => ({
    ...leaf,
    stored: leaf.node.type === 'INT96' ? 'INT96' : (types[2 * index] ?? ''),
    wanted: types[2 * index + 1] ?? '',
  }));
}

function isOldTimestamp(stored: string, wanted: string): boolean {
  return stored === 'INT96' && wanted.startsWith('TIMESTAMP');
}

/** Counts of rows that the statistics would hide. */
function boundChecks(
  { name, path, sql, wanted: type }: TypedLeaf,
  { minValues, maxValues, nullCount }: Stats,
): Check[] {
  const value = `${sql}::${type}`;
  const isFloat = type === 'DOUBLE' || type === 'FLOAT';
  // Not a number counts as the largest, which no bound can say: writers that leave it out hide such rows at most.
  const isNumber = isFloat ? ` AND NOT isnan(${value})` : '';
  const [min, max, nulls] = [minValues, maxValues, nullCount].map((stats) => textAt(stats, path));
  const checks: Check[] = [];
  const check = (sql: string, message: string, severity: Check['severity'] = 'damage') =>
    checks.push({ sql, severity, message });
  if (min !== undefined) {
    check(
      `count(*) FILTER (${value} < ${literal(min)}::${type}${isNumber})`,
      `\`${name}\` has values below its minimum in the log`,
    );
  }
  if (max !== undefined) {
    // Other writers floor the maximum to the millisecond: their rows may lie up to 999 µs above it.
    const slack = type.startsWith('TIMESTAMP') ? ' + INTERVAL 1 MILLISECOND' : '';
    check(
      `count(*) FILTER (${value} > ${literal(max)}::${type}${slack}${isNumber})`,
      `\`${name}\` has values above its maximum in the log`,
    );
    if (isFloat) {
      check(
        `count(*) FILTER (isnan(${value}) AND NOT isnan(${literal(max)}::${type}))`,
        `\`${name}\` has values that are not a number, which its bounds leave out`,
        'note',
      );
    }
  }
  if (nulls !== undefined) {
    check(
      `abs(count(*) FILTER (${sql} IS NULL) - ${literal(nulls)}::BIGINT)`,
      `\`${name}\` has another number of nulls than the log says`,
    );
  }
  return checks;
}

function textAt(stats: unknown, path: readonly string[]): string | undefined {
  let bound = stats;
  for (const name of path) {
    if (typeof bound !== 'object' || bound === null) return undefined;
    bound = Object.hasOwn(bound, name) ? bound[name as keyof typeof bound] : undefined;
  }
  return typeof bound === 'string' || typeof bound === 'boolean' ? String(bound) : undefined;
}
