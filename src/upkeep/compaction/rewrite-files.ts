/**
 * Rewrites the files of a partition with DuckDB: bounded memory, spilling to a folder of its own. The rows written are
 * proved to be the rows read, by count and by an order-independent hash of all columns, before anyone hears of them.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance, quotedIdentifier, quotedString } from '@duckdb/node-api';
import { mkdirDurable } from '../../base/durable/mkdir-durable.ts';
import { LakeError, messageOf } from '../../base/errors.ts';
import { permissionDenied } from '../../base/permission-denied.ts';
import { makeScratchFolder } from '../../base/scratch-folder.ts';
import { mebibytesText, sizeText } from '../../base/size.ts';
import { encodePath, partitionFolder } from '../../delta/format/file-path.ts';
import { partitionValueOf } from '../../delta/format/partition-value.ts';
import type { StructField, StructType } from '../../delta/format/schema.ts';
import type { AddFile } from '../../delta/log/actions.ts';
import { dataPath } from '../../delta/store/data-path.ts';
import type { TableStore } from '../../delta/store/table-store.ts';
import { isDamagedParquet } from '../../parquet/damaged-file.ts';
import { parquetList } from '../../parquet/parquet-list.ts';
import { ROW_GROUP_ROWS } from '../../parquet/row-group-rows.ts';
import { duckdbType } from '../../query/scan/duckdb-type.ts';
import { readingPaths } from '../../query/scan/reading-paths.ts';
import { ObjectStoreAccess } from '../../query/session/object-store-access.ts';
import { type WrittenFile, writtenFiles } from './copy-stats.ts';
import { dictionaryCodes } from './dictionary-codes.ts';
import { fileStats } from './file-stats.ts';
import { leanFirst } from './lean-first.ts';
import { otherFiles, rowsOfNamedFiles } from './named-files.ts';
import { type Fingerprint, RowFingerprint, storedFingerprint } from './row-fingerprint.ts';
import { zorderKey } from './zorder-key.ts';

export type Curve = 'none' | 'zorder';

export interface RewriteRequest {
  readonly store: TableStore;
  readonly schema: StructType;
  readonly partitionColumns: readonly string[];
  /** Columns to keep statistics of. */
  readonly indexed: readonly StructField[];
  readonly inputs: readonly AddFile[];
  /** Empty keeps the order in which the rows arrived. */
  readonly orderBy: readonly string[];
  /** Along one column after the other, or along a Z-order curve through all of them. */
  readonly curve: Curve;
  readonly targetBytes: number;
  readonly rowGroupRows?: number | undefined;
  readonly memoryBytes: number;
  readonly scratchPlaces?: readonly string[];
  /** How much of a table on an object store may lie on this machine meanwhile. */
  readonly localBytes?: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly nowMs: number;
  /** Ends the work within a second, also in the middle of a sort. */
  readonly signal: AbortSignal;
  /** Gets what tells how many rows were read so far. */
  readonly onStart?: (rowsRead: () => number) => void;
  readonly step?: ((name: string) => void | Promise<void>) | undefined;
}

export interface RewriteResult {
  readonly adds: readonly AddFile[];
  readonly rows: number;
}

const THREADS = 2;
const SPARE_SHARE = 1.1;
/** @throws LakeError UPKEEP_MISMATCH, TABLE_DAMAGED naming a file that is not there or not in the table, DISK_FULL. */
export function rewriteFiles(request: RewriteRequest): Promise<RewriteResult> {
  return leanFirst(request.memoryBytes, (memoryLimit) => rewriteWithin(memoryLimit, request));
}

async function rewriteWithin(memoryLimit: string, request: RewriteRequest): Promise<RewriteResult> {
  const { store, schema, partitionColumns, inputs } = request;
  roomToSpill(request, true);
  const spill = await makeScratchFolder(request.scratchPlaces ?? []);
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: memoryLimit,
    temp_directory: spill,
    threads: String(THREADS),
    preserve_insertion_order: String(request.orderBy.length === 0),
    // Else what is read of files stays in memory, up to the limit.
    enable_external_file_cache: 'false',
    autoinstall_known_extensions: 'false',
  });
  const connection = await instance.connect();
  const interrupt = () => connection.interrupt();
  request.signal.addEventListener('abort', interrupt);
  const step = async (name: string) => {
    await request.step?.(name);
    request.signal.throwIfAborted();
  };
  const folder = outputFolder(request);
  // Where a file only needs another name to be in its place.
  const staging = join(
    store.folder === undefined ? spill : store.enginePath(folder),
    `.tmp-${randomUUID()}.tmp`,
  );
  try {
    await connection.run("SET TimeZone = 'UTC'");
    const access = await ObjectStoreAccess.open(connection, [store.location]);
    if (access !== undefined) await connection.run(`SET threads = ${THREADS}`);
    const room = roomToSpill(request, access !== undefined);
    if (room !== undefined) await connection.run(`SET max_temp_directory_size = '${mebibytesText(room)}'`);
    const paths = await inputPaths(store, inputs, access !== undefined);
    request.signal.throwIfAborted();
    const fields = schema.fields.filter(({ name }) => !partitionColumns.includes(name));
    const source = scan(paths, fields);
    if (store.folder !== undefined) mkdirDurable(store.enginePath(folder), store.location);
    await mkdir(staging);
    const inFooters = await rowsOfNamedFiles(connection, paths);
    const read = new RowFingerprint(connection);
    request.onStart?.(() => Number(read.rows));
    const names = fields.map(({ name }) => name);
    const ordered = await inOrder(connection, source, fields, request);
    request.signal.throwIfAborted();
    const written = await copy(connection, ordered(read.tapped(source, names)), staging, request);
    await step('compact:written');
    if (read.rows !== inFooters) throw otherFiles(`${read.rows} rows instead of ${inFooters}`);
    prove(read, await storedFingerprint(connection, written, names));
    request.signal.throwIfAborted();
    const adds: AddFile[] = [];
    for (const [index, file] of written.entries())
      adds.push(
        await publish(
          request,
          folder,
          file.path,
          fileStats(file, request.indexed, request.rowGroupRows),
          index,
        ),
      );
    await request.step?.('compact:published');
    return { adds, rows: Number(read.rows) };
  } catch (error) {
    request.signal.throwIfAborted();
    throw error instanceof LakeError ? error : failed(error);
  } finally {
    request.signal.removeEventListener('abort', interrupt);
    connection.closeSync();
    instance.closeSync();
    await rm(staging, { recursive: true, force: true });
    await rm(spill, { recursive: true, force: true });
  }
}

function outputFolder({ partitionColumns, inputs }: RewriteRequest): string {
  const [first = { partitionValues: {} }] = inputs;
  return partitionColumns.map((column) => partitionFolder(column, partitionValueOf(first, column))).join('/');
}

/**
 * What is left of the local room beside the new files, and beside the old ones where they have to be fetched whole.
 * @returns undefined where nothing bounds it. @throws LakeError DISK_FULL.
 */
function roomToSpill(
  { store, inputs, localBytes }: RewriteRequest,
  readsRemotely: boolean,
): number | undefined {
  if (store.folder !== undefined || localBytes === undefined) return undefined;
  const inputBytes = inputs.reduce((sum, { size }) => sum + Number(size), 0);
  const neededBytes = Math.ceil(inputBytes * SPARE_SHARE) + (readsRemotely ? 0 : inputBytes);
  if (neededBytes < localBytes) return localBytes - neededBytes;
  throw new LakeError(
    'DISK_FULL',
    `the ${readsRemotely ? 'new files' : 'files, old and new,'} of the partition (${sizeText(neededBytes)}) do not fit into ${sizeText(localBytes)} on this machine`,
    {
      hint: `allow more with \`CRYPTO_LAKE_CACHE_SIZE\`${readsRemotely ? '' : ', or read them where they are: `crypto-lake doctor` says how to get `httpfs`'}; nothing was changed`,
    },
  );
}

/** @throws LakeError TABLE_DAMAGED for a file that is missing or not in the table, DISK_FULL when copies do not fit. */
function inputPaths(
  store: TableStore,
  inputs: readonly AddFile[],
  readsRemotely: boolean,
): Promise<string[]> {
  const entries = inputs.map((input) => {
    const { path, name } = dataPath(input, store);
    if (name !== undefined) return { name, sizeBytes: Number(input.size) };
    throw new LakeError('TABLE_DAMAGED', `the table names a file outside of itself: \`${path}\``, {
      hint: 'copy it into the table with the engine that named it; the partition is left as it is',
    });
  });
  return store.folder === undefined ? readingPaths(inputs, store, readsRemotely) : store.localPaths(entries);
}

/** All columns that are stored in files, by name; missing ones are NULL. */
function scan(paths: readonly string[], fields: readonly StructField[]): string {
  const columns = fields.map(
    ({ name, type }) =>
      `${quotedString(name)}: {name: ${quotedString(name)}, type: ${quotedString(duckdbType(type))}, default_value: NULL}`,
  );
  return `read_parquet(${parquetList(paths)}, schema = MAP {${columns.join(', ')}})`;
}

/** @returns what makes a query of the rows in their new order of a relation that has the rows of `source`. */
async function inOrder(
  connection: DuckDBConnection,
  source: string,
  fields: readonly StructField[],
  { orderBy, curve }: RewriteRequest,
): Promise<(rows: string) => string> {
  if (orderBy.length === 0) return (rows) => `SELECT * FROM ${rows}`;
  const { coded, decoded } = await dictionaryCodes(connection, source, fields);
  const columns = orderBy.map(quotedIdentifier);
  if (curve === 'zorder') columns.unshift(await zorderKey(connection, coded(source), orderBy));
  return (rows) => `SELECT ${decoded} FROM (SELECT * FROM ${coded(rows)} ORDER BY ${columns.join(', ')})`;
}

/** Threads take turns at the end of a sort: row groups may change places, but each holds one span of the order. */
async function copy(
  connection: DuckDBConnection,
  rows: string,
  staging: string,
  { targetBytes, inputs, rowGroupRows = ROW_GROUP_ROWS }: RewriteRequest,
): Promise<WrittenFile[]> {
  const totalBytes = inputs.reduce((sum, { size }) => sum + Number(size), 0);
  const files = Math.max(1, Math.round(totalBytes / targetBytes));
  // A bit more than an equal share each, so that no small rest is left over when the result is larger than the inputs.
  const fileBytes = Math.ceil((totalBytes / files) * SPARE_SHARE);
  const result = await connection.runAndReadAll(
    `COPY (${rows}) TO ${quotedString(staging)} (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION V1,
      ROW_GROUP_SIZE ${rowGroupRows}, FILE_SIZE_BYTES ${fileBytes}, RETURN_STATS)`,
  );
  return writtenFiles(result.getRows());
}

/** What stands in the files is what was read: as many rows, and the same. @throws LakeError UPKEEP_MISMATCH */
function prove(read: Fingerprint, stored: Fingerprint): void {
  if (stored.rows === read.rows && stored.hash === read.hash) return;
  throw new LakeError(
    'UPKEEP_MISMATCH',
    `compaction read ${read.rows} rows and wrote ${stored.rows} that are not the same`,
    { hint: 'nothing was committed and nothing is lost; please report this' },
  );
}

/** Gives a file its place and name in the table, durable. */
async function publish(
  { store, inputs, tags, nowMs }: RewriteRequest,
  folder: string,
  file: string,
  stats: string,
  index: number,
): Promise<AddFile> {
  const name = `part-${String(index).padStart(5, '0')}-${randomUUID()}-c000.zstd.parquet`;
  const path = folder === '' ? name : `${folder}/${name}`;
  const size = await store.moveIn(path, file);
  return {
    path: encodePath(path),
    partitionValues: inputs[0]?.partitionValues ?? {},
    size,
    modificationTime: nowMs,
    dataChange: false,
    stats,
    tags,
  };
}

function failed(error: unknown): LakeError {
  const [first = ''] = messageOf(error).split('\n');
  if (/No space left|Out of disk|ENOSPC|failed to offload/i.test(first)) {
    return new LakeError('DISK_FULL', `compaction ran out of disk: ${first}`, {
      hint: /max_temp_directory_size/.test(messageOf(error))
        ? 'allow more on this machine with `CRYPTO_LAKE_CACHE_SIZE`; nothing was changed'
        : 'make room on the disk of the lake and for temporary files (`TMPDIR`); nothing was changed',
      cause: error,
    });
  }
  if (/404 \(Not Found\)|HTTP 404/.test(first)) {
    return new LakeError('TABLE_DAMAGED', `a data file is missing: ${first}`, {
      hint: 'bring it back from a backup',
      cause: error,
    });
  }
  if (/Permission denied/.test(first))
    return permissionDenied(/"(\/[^"]+)"/.exec(first)?.[1] ?? 'a data file', error);
  if (isDamagedParquet(first)) {
    return new LakeError('TABLE_DAMAGED', `a data file is damaged: ${first}`, {
      hint: 'nothing was changed; bring the file back from a backup',
      cause: error,
    });
  }
  return new LakeError('QUERY_FAILED', `compaction failed: ${first}`, {
    hint: 'nothing was changed; try with more `--memory`',
    cause: error,
  });
}
