/**
 * Rewrites the files of a partition with DuckDB: bounded memory, spilling to a folder of its own. The rows written are
 * proved to be the rows read, by count and by an order-independent hash of all columns, before anyone hears of them.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance, quotedIdentifier, quotedString } from '@duckdb/node-api';
import type { AddFile } from '../delta/actions.ts';
import { locateFile, partitionFolder } from '../delta/file-path.ts';
import type { StructType } from '../delta/schema.ts';
import type { TableStore } from '../delta/store.ts';
import { LakeError, messageOf } from '../errors.ts';
import { duckdbType } from '../query/duckdb-type.ts';
import { fileStats } from './file-stats.ts';

export interface RewriteRequest {
  readonly store: TableStore;
  readonly schema: StructType;
  readonly partitionColumns: readonly string[];
  readonly inputs: readonly AddFile[];
  /** Empty keeps the order in which the rows arrived. */
  readonly orderBy: readonly string[];
  readonly targetBytes: number;
  readonly memoryBytes: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly nowMs: number;
}

export interface RewriteResult {
  readonly adds: readonly AddFile[];
  readonly rows: number;
}

/** Small enough that the rows of one symbol cost little to read. */
const ROW_GROUP_ROWS = 60_000;
const THREADS = 2;

/** @throws LakeError UPKEEP_MISMATCH, TABLE_DAMAGED naming a file that is not there, DISK_FULL. */
export async function rewriteFiles(request: RewriteRequest): Promise<RewriteResult> {
  const { store, schema, partitionColumns, inputs } = request;
  const paths = await inputPaths(store, inputs);
  const spill = await mkdtemp(join(tmpdir(), 'crypto-lake-'));
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: `${Math.floor(request.memoryBytes / 2 ** 20)}MiB`,
    temp_directory: spill,
    threads: String(THREADS),
    preserve_insertion_order: String(request.orderBy.length === 0),
  });
  const connection = await instance.connect();
  const folder = outputFolder(request);
  const staging = join(store.enginePath(folder), `.tmp-${randomUUID()}.tmp`);
  try {
    await connection.run("SET TimeZone = 'UTC'");
    const columns = schema.fields.filter(({ name }) => !partitionColumns.includes(name));
    const source = scan(paths, schema, partitionColumns);
    await mkdir(staging, { recursive: true });
    await copy(connection, source, staging, request);
    const written = (await readdir(staging)).sort().map((name) => join(staging, name));
    const rows = await prove(
      connection,
      source,
      scan(written, schema, partitionColumns),
      columns.map(({ name }) => name),
    );
    const adds: AddFile[] = [];
    for (const [index, file] of written.entries())
      adds.push(await publish(connection, request, folder, file, index));
    await syncPath(store.enginePath(folder));
    return { adds, rows };
  } catch (error) {
    throw error instanceof LakeError ? error : failed(error);
  } finally {
    connection.closeSync();
    instance.closeSync();
    await rm(staging, { recursive: true, force: true });
    await rm(spill, { recursive: true, force: true });
  }
}

function outputFolder({ partitionColumns, inputs }: RewriteRequest): string {
  const values = inputs[0]?.partitionValues ?? {};
  return partitionColumns.map((column) => partitionFolder(column, values[column] ?? null)).join('/');
}

async function inputPaths(store: TableStore, inputs: readonly AddFile[]): Promise<string[]> {
  const paths: string[] = [];
  for (const { path } of inputs) {
    const location = locateFile(path);
    const file = location.kind === 'absolute' ? location.path : store.enginePath(location.name);
    const isThere = await stat(file).then(
      (info) => info.isFile(),
      () => false,
    );
    if (!isThere) {
      throw new LakeError('TABLE_DAMAGED', `the data file \`${path}\` is missing`, {
        hint: 'bring it back from a backup; the partition is left as it is',
      });
    }
    paths.push(file);
  }
  return paths;
}

/** All columns that are stored in files, by name; missing ones are NULL. */
function scan(paths: readonly string[], { fields }: StructType, partitionColumns: readonly string[]): string {
  const columns = fields
    .filter(({ name }) => !partitionColumns.includes(name))
    .map(
      ({ name, type }) =>
        `${quotedString(name)}: {name: ${quotedString(name)}, type: ${quotedString(duckdbType(type))}, default_value: NULL}`,
    );
  return `read_parquet([${paths.map(quotedString).join(', ')}], schema = MAP {${columns.join(', ')}})`;
}

async function copy(
  connection: DuckDBConnection,
  source: string,
  staging: string,
  { orderBy, targetBytes, inputs }: RewriteRequest,
): Promise<void> {
  const order = orderBy.length > 0 ? ` ORDER BY ${orderBy.map(quotedIdentifier).join(', ')}` : '';
  const totalBytes = inputs.reduce((sum, { size }) => sum + Number(size), 0);
  // Files are split by size only where one would be too large: a split by size writes at least one for each thread.
  const isOne = totalBytes <= targetBytes;
  const target = quotedString(isOne ? join(staging, 'part.parquet') : staging);
  const split = isOne ? '' : `, FILE_SIZE_BYTES ${targetBytes}`;
  await connection.run(
    `COPY (SELECT * FROM ${source}${order}) TO ${target} (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION V1, ROW_GROUP_SIZE ${ROW_GROUP_ROWS}${split})`,
  );
}

/** @returns the number of rows. @throws LakeError UPKEEP_MISMATCH */
async function prove(
  connection: DuckDBConnection,
  before: string,
  after: string,
  columns: readonly string[],
): Promise<number> {
  const [a, b] = [
    await fingerprint(connection, before, columns),
    await fingerprint(connection, after, columns),
  ];
  if (a.rows === b.rows && a.hash === b.hash) return Number(a.rows);
  throw new LakeError(
    'UPKEEP_MISMATCH',
    `compaction read ${a.rows} rows and wrote ${b.rows} that are not the same`,
    {
      hint: 'nothing was committed and nothing is lost; please report this',
    },
  );
}

/** Count, and a sum of row hashes: the order of rows does not matter, their number and every value does. */
async function fingerprint(
  connection: DuckDBConnection,
  source: string,
  columns: readonly string[],
): Promise<{ rows: string; hash: string }> {
  const list = columns.map(quotedIdentifier).join(', ');
  const result = await connection.runAndReadAll(
    `SELECT count(*)::VARCHAR, coalesce(sum(hash(${list})::HUGEINT), 0)::VARCHAR || ':' || coalesce(bit_xor(hash(${list}, 1)), 0)::VARCHAR FROM ${source}`,
  );
  const [row = []] = result.getRows();
  return { rows: String(row[0]), hash: String(row[1]) };
}

/** Gives a file its place and name in the table, durable, with its statistics. */
async function publish(
  connection: DuckDBConnection,
  request: RewriteRequest,
  folder: string,
  file: string,
  index: number,
): Promise<AddFile> {
  const { store, schema, partitionColumns, inputs, tags, nowMs } = request;
  const name = `part-${String(index).padStart(5, '0')}-${randomUUID()}-c000.zstd.parquet`;
  const path = folder === '' ? name : `${folder}/${name}`;
  const stats = await fileStats(
    connection,
    file,
    schema.fields.filter((field) => !partitionColumns.includes(field.name)),
  );
  await syncPath(file);
  await rename(file, store.enginePath(path));
  const { size } = await stat(store.enginePath(path));
  return {
    path,
    partitionValues: inputs[0]?.partitionValues ?? {},
    size,
    modificationTime: nowMs,
    dataChange: false,
    stats,
    tags,
  };
}

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function failed(error: unknown): LakeError {
  const [first = ''] = messageOf(error).split('\n');
  if (/No space left|Out of disk|ENOSPC/i.test(first)) {
    return new LakeError('DISK_FULL', `compaction ran out of disk: ${first}`, {
      hint: 'make room; nothing was changed',
      cause: error,
    });
  }
  return new LakeError('QUERY_FAILED', `compaction failed: ${first}`, {
    hint: 'nothing was changed; try with more `--memory`',
    cause: error,
  });
}
