/**
 * Looks whether a table holds what its log says: every file is there with its size, its footer has the rows and the
 * columns, the real values lie within the bounds, the log has no gap, and each checkpoint agrees with the commits.
 */
import { DuckDBInstance, quotedIdentifier, quotedString } from '@duckdb/node-api';
import type { AddFile } from '../delta/actions.ts';
import type { DeltaTable } from '../delta/delta-table.ts';
import { locateFile } from '../delta/file-path.ts';
import { parseJson } from '../delta/json.ts';
import { loadState } from '../delta/load-state.ts';
import { LOG_FOLDER, parseLogPath } from '../delta/log-path.ts';
import { messageOf } from '../errors.ts';

export interface Finding {
  readonly severity: 'damage' | 'note';
  readonly file: string;
  readonly message: string;
}

/** @returns everything that is wrong, and notes on what is merely left over. */
export async function verifyTable(table: DeltaTable, signal: AbortSignal): Promise<Finding[]> {
  const findings: Finding[] = [];
  const { store, snapshot } = table;
  const sizes = new Map(
    (await store.list('', { recursive: true })).map(({ name, sizeBytes }) => [name, sizeBytes]),
  );
  const live = new Set<string>();
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  try {
    for (const add of snapshot.files.values()) {
      signal.throwIfAborted();
      const location = locateFile(add.path);
      if (location.kind === 'absolute') continue;
      live.add(location.name);
      const size = sizes.get(location.name);
      if (size === undefined) findings.push(damage(location.name, 'the file is missing'));
      else if (size !== Number(add.size))
        findings.push(damage(location.name, `it has ${size} bytes, the log says ${add.size}`));
      else
        findings.push(
          ...(await checkContent(
            connection,
            store.enginePath(location.name),
            location.name,
            add,
            snapshot.schema.fields.map(({ name }) => name),
          )),
        );
    }
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
  findings.push(...(await checkLog(table)));
  const known = new Set(
    [...snapshot.tombstones.values()]
      .map(({ path }) => locateFile(path))
      .flatMap((place) => (place.kind === 'relative' ? [place.name] : [])),
  );
  for (const name of sizes.keys()) {
    const isData =
      name.endsWith('.parquet') &&
      !name.split('/').some((part) => part.startsWith('_') || part.startsWith('.'));
    if (isData && !live.has(name) && !known.has(name))
      findings.push({ severity: 'note', file: name, message: 'no version names it; vacuum will take it' });
  }
  return findings;
}

type Connection = Awaited<ReturnType<DuckDBInstance['connect']>>;

interface Stats {
  readonly numRecords?: number;
  readonly minValues?: Readonly<Record<string, unknown>>;
  readonly maxValues?: Readonly<Record<string, unknown>>;
  readonly nullCount?: Readonly<Record<string, unknown>>;
}

async function checkContent(
  connection: Connection,
  path: string,
  name: string,
  add: AddFile,
  schema: readonly string[],
): Promise<Finding[]> {
  const source = `read_parquet(${quotedString(path)}, hive_partitioning = false)`;
  try {
    const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${source}`);
    const columns = described.getRows().map(([column]) => String(column));
    const findings = columns
      .filter((column) => !schema.includes(column))
      .map((column) => ({
        severity: 'note' as const,
        file: name,
        message: `column \`${column}\` is not in the schema`,
      }));
    const stats = parseJson(add.stats ?? '{}') as Stats;
    const checks = columns.flatMap((column) => boundChecks(column, stats));
    const query = `SELECT count(*)::DOUBLE${checks.map(({ sql }) => `, (${sql})::DOUBLE`).join('')} FROM ${source}`;
    const [row = []] = (await connection.runAndReadAll(query)).getRows();
    const [count, ...outside] = row.map(Number);
    if (stats.numRecords !== undefined && count !== stats.numRecords) {
      return [...findings, damage(name, `it has ${count} rows, the log says ${stats.numRecords}`)];
    }
    const wrong = checks.filter((_, index) => (outside[index] ?? 0) > 0);
    return [...findings, ...wrong.map(({ what }) => damage(name, what))];
  } catch (error) {
    return [damage(name, `it cannot be read: ${messageOf(error).split('\n')[0]}`)];
  }
}

/** Counts of rows that the statistics would hide. */
function boundChecks(
  column: string,
  { minValues = {}, maxValues = {}, nullCount = {} }: Stats,
): { sql: string; what: string }[] {
  const identifier = quotedIdentifier(column);
  const checks: { sql: string; what: string }[] = [];
  const [min, max, nulls] = [minValues[column], maxValues[column], nullCount[column]];
  if (min !== undefined && typeof min !== 'object') {
    checks.push({
      sql: `count(*) FILTER (${identifier} < ${literal(min)})`,
      what: `\`${column}\` has values below its minimum in the log`,
    });
  }
  if (max !== undefined && typeof max !== 'object') {
    checks.push({
      sql: `count(*) FILTER (${identifier} > ${upper(max)})`,
      what: `\`${column}\` has values above its maximum in the log`,
    });
  }
  if (typeof nulls === 'number') {
    checks.push({
      sql: `abs(count(*) FILTER (${identifier} IS NULL) - ${nulls})`,
      what: `\`${column}\` has another number of nulls than the log says`,
    });
  }
  return checks;
}

function literal(bound: unknown): string {
  return typeof bound === 'string' ? `${quotedString(bound)}::${typeOf(bound)}` : `${bound}`;
}

/** Other writers floor the maximum to the millisecond: their rows may lie up to 999 µs above it. */
function upper(bound: unknown): string {
  const isTime = typeof bound === 'string' && typeOf(bound) === 'TIMESTAMPTZ';
  return isTime ? `${literal(bound)} + INTERVAL 1 MILLISECOND` : literal(bound);
}

function typeOf(bound: string): string {
  if (/^\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:?\d{2})?$/.test(bound)) return 'TIMESTAMPTZ';
  return 'VARCHAR';
}

/** The log must be whole, and each checkpoint must equal what the commits below it add up to, where they are still there. */
async function checkLog({ store, version }: DeltaTable): Promise<Finding[]> {
  const findings: Finding[] = [];
  const names = await store.listNames(LOG_FOLDER);
  const paths = names.map(parseLogPath).filter((path) => path !== undefined);
  const commits = new Set(paths.flatMap((path) => (path.kind === 'commit' ? [path.version] : [])));
  const oldest = Math.min(...commits);
  for (let next = oldest; next <= version; next++) {
    if (!commits.has(next)) findings.push(damage(LOG_FOLDER, `commit ${next} is missing`));
  }
  for (const path of paths) {
    if (path.kind !== 'checkpoint' || !commits.has(0)) continue;
    try {
      const withCheckpoint = await loadState(store, 'duckdb', path.version);
      const fromCommits = await loadState(store, 'duckdb', path.version, { withoutCheckpoints: true });
      if (withCheckpoint.checkpointVersion !== path.version)
        findings.push(damage(path.name, 'the checkpoint cannot be read'));
      else if (!sameKeys(withCheckpoint.state.files, fromCommits.state.files))
        findings.push(damage(path.name, 'the checkpoint has other files than the commits'));
    } catch (error) {
      findings.push(damage(path.name, messageOf(error)));
    }
  }
  return findings;
}

function sameKeys(a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): boolean {
  return a.size === b.size && [...a.keys()].every((key) => b.has(key));
}

function damage(file: string, message: string): Finding {
  return { severity: 'damage', file, message };
}
