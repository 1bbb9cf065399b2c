/**
 * A snapshot as SQL: an explicit list of files, the schema's columns in its order and with its types, partition values
 * as the log has them, deleted rows left out. Source: Delta protocol, "Reader Requirements".
 */

import { type DuckDBConnection, quotedIdentifier, quotedString } from '@duckdb/node-api';
import { LakeError } from '../../base/errors.ts';
import { partitionFolder } from '../../delta/format/file-path.ts';
import { partitionValueOf } from '../../delta/format/partition-value.ts';
import { readStats } from '../../delta/format/stats.ts';
import type { AddFile } from '../../delta/log/actions.ts';
import type { Snapshot } from '../../delta/log/snapshot.ts';
import { dataPath } from '../../delta/store/data-path.ts';
import type { TableStore } from '../../delta/store/table-store.ts';
import { parquetList } from '../../parquet/parquet-list.ts';
import { keptRows } from './deleted-rows.ts';
import { byFloatBounds } from './float-bounds.ts';
import { castPartitionValue, checkPartitionValues, literal } from './partition-literals.ts';
import { readingPaths } from './reading-paths.ts';
import { columnsOfFiles, type TableColumn, tableColumns } from './table-columns.ts';

export interface DeltaViewOptions {
  /** For a look at footers. */
  readonly connection: DuckDBConnection;
  readonly store: TableStore;
  readonly snapshot: Snapshot;
  readonly files: readonly AddFile[];
  /** Files outside of the table's folder may be read. */
  readonly allowAbsolutePaths: boolean;
  /** The connection reads files on an object store where they are; else they are fetched whole. */
  readonly readsRemotely?: boolean;
  /**
   * Takes the statistics at their word that a file has a column, which lets DuckDB read one file by several threads. Where
   * they are wrong the statement does not bind.
   */
  readonly trustsColumns?: boolean;
}

export interface DeltaView {
  /** A `SELECT` with the table's rows. */
  readonly sql: string;
  /** Every file that it reads. */
  readonly paths: ReadonlySet<string>;
}

/** @throws LakeError TABLE_DAMAGED, TABLE_UNSUPPORTED. */
export async function deltaView(options: DeltaViewOptions): Promise<DeltaView> {
  const { connection, snapshot, files } = options;
  const located = await locate(options);
  const all = new Set(located.map(({ path }) => path));
  if (located.length === 0) return { sql: emptySelect(tableColumns(snapshot)), paths: all };
  await checkPartitionValues(connection, snapshot, files);
  const selects: string[] = [];
  for (const { columns, paths } of await columnsOfFiles(connection, snapshot, all)) {
    const alike = located.filter(({ path }) => paths.has(path));
    for (const { files: some, columns: read } of byFloatBounds(alike, columns)) {
      const whole = some.filter(({ add }) => add.deletionVector === undefined);
      const cut = some.filter(({ add }) => add.deletionVector !== undefined);
      if (whole.length > 0) selects.push(wholeSelect(whole, read, options.trustsColumns));
      if (cut.length > 0) selects.push(await cutSelect(options, cut, read));
    }
  }
  return { sql: selects.join('\nUNION ALL\n'), paths: all };
}

/** A view of no rows with these columns. */
export function emptySelect(columns: readonly Pick<TableColumn, 'name' | 'type'>[]): string {
  return `SELECT ${constants(columns, 'NULL')} WHERE false`;
}

/** A view with these columns that fails with a message as soon as any row or value of it is wanted. */
export function failingSelect(
  columns: readonly Pick<TableColumn, 'name' | 'type'>[],
  message: string,
): string {
  const failure = `error(${quotedString(message)})`;
  return `SELECT ${constants(columns, failure)} WHERE ${failure}`;
}

function constants(columns: readonly Pick<TableColumn, 'name' | 'type'>[], value: string): string {
  return columns.map(({ name, type }) => `CAST(${value} AS ${type}) AS ${quotedIdentifier(name)}`).join(', ');
}

/** Where the engine finds each file. @throws LakeError TABLE_…, DISK_FULL when copies do not fit into the cache. */
async function locate(options: DeltaViewOptions): Promise<Located[]> {
  const { files, store, readsRemotely = false } = options;
  const located = files.map((add) => ({ add, path: allowedPath(add, options) }));
  if (store.folder !== undefined) return located;
  const paths = await readingPaths(files, store, readsRemotely);
  return located.map(({ add }, index) => ({ add, path: paths[index] ?? '' }));
}

/** Where a file lies. @throws LakeError TABLE_DAMAGED when that is outside of a table that may not do so. */
function allowedPath(
  add: AddFile,
  { store, allowAbsolutePaths }: Pick<DeltaViewOptions, 'store' | 'allowAbsolutePaths'>,
): string {
  const { path, isInTable } = dataPath(add, store);
  if (allowAbsolutePaths || isInTable) return path;
  throw new LakeError(
    'TABLE_DAMAGED',
    `the table \`${store.location}\` names a file outside of itself: \`${path}\``,
    {
      hint: 'mount it with `read --table NAME=PATH` if you trust it',
    },
  );
}

interface Located {
  readonly add: AddFile;
  readonly path: string;
}

/** Names that a scan gives to what is no column of the table; columns of such a name are read under another one. */
const SCAN_NAMES: ReadonlySet<string> = new Set(['filename', 'file_row_number', 'file_index']);

/**
 * All rows of some files. DuckDB skips what a query does not need: a part of the union by its constants, or files by
 * the names of their folders. Our own pruning has gone before; this serves queries that it does not understand.
 */
function wholeSelect(
  files: readonly Located[],
  columns: readonly TableColumn[],
  trustsColumns = false,
): string {
  const partitions = columns.filter(({ isPartition }) => isPartition);
  const groups = groupByValues(files, partitions);
  if (groups.length <= MAX_UNION_PARTS) {
    return groups
      .map((group) => {
        const [first] = group;
        const logged = ({ physical }: TableColumn) => literal(first && partitionValueOf(first.add, physical));
        if (trustsColumns && first && group.length === 1 && isPlain(first, columns))
          return plainSelect(first, columns, logged);
        return select(columns, logged, scan(group, columns));
      })
      .join('\nUNION ALL\n');
  }
  const isFolderPruned = files.every(
    (file) => isInOwnFolder(file, partitions) && hasAllColumns(file.add, columns),
  );
  if (isFolderPruned) return folderSelect(files, columns);
  const inLog = ({ name }: TableColumn) => valueInLog(name, partitions);
  return select(columns, inLog, `${scan(files, columns)} JOIN ${logValues(files, partitions)}`);
}

/** Whether the statistics tell of every column that a file holds it under its name, or that it is null in all rows. */
function isPlain({ add }: Located, columns: readonly TableColumn[]): boolean {
  const { numRecords, nullCount } = readStats(add);
  return columns.every(
    ({ name, stored = '', isPartition, type, fileType }) =>
      isPartition ||
      (name === stored &&
        type === fileType &&
        !SCAN_NAMES.has(name.toLowerCase()) &&
        numRecords !== undefined &&
        typeof nullCount[stored] === 'number'),
  );
}

/** One file with the schema that it has itself: given another one, DuckDB reads its row groups one after another. */
function plainSelect(
  { add, path }: Located,
  columns: readonly TableColumn[],
  logged: (column: TableColumn) => string,
): string {
  const { numRecords, nullCount } = readStats(add);
  const typed = columns.map((column) => ({
    ...column,
    value: (stored: string) =>
      nullCount[column.name] === Number(numRecords)
        ? `CAST(NULL AS ${column.type})`
        : column.value(`CAST(${stored} AS ${column.fileType})`),
  }));
  return select(typed, logged, `read_parquet(${parquetList([path])}, hive_partitioning = false) AS data`);
}

/** More parts take DuckDB longer to plan than they save. */
const MAX_UNION_PARTS = 64;

function groupByValues(files: readonly Located[], partitions: readonly TableColumn[]): Located[][] {
  const groups = new Map<string, Located[]>();
  for (const file of files) {
    const key = JSON.stringify(partitionValues(file.add, partitions));
    const group = groups.get(key);
    if (group) group.push(file);
    else groups.set(key, [file]);
  }
  return [...groups.values()];
}

/** Values from the folders' names, where they say what the log says; only for files that have every column. */
function folderSelect(files: readonly Located[], columns: readonly TableColumn[]): string {
  const types = columns
    .filter(({ isPartition }) => isPartition)
    .map(({ name, type }) => `${quotedString(name)}: ${type}`);
  const selected = columns.map(
    ({ name, type, isPartition, value }) =>
      `${isPartition ? `CAST(${quotedIdentifier(name)} AS ${type})` : value(quotedIdentifier(name))} AS ${quotedIdentifier(name)}`,
  );
  const list = parquetList(files.map(({ path }) => path));
  return `SELECT ${selected.join(', ')} FROM read_parquet(${list}, hive_partitioning = true, hive_types = {${types.join(', ')}})`;
}

/** By the statistics, which count the nulls of each column. */
function hasAllColumns(add: AddFile, columns: readonly TableColumn[]): boolean {
  const { nullCount } = readStats(add);
  return columns.every(
    ({ name, stored, isPartition, type, fileType }) =>
      isPartition || (name === stored && type === fileType && stored in nullCount),
  );
}

/** Rows by position, without those that deletion vectors name. Source: Delta protocol, "Deletion Vectors". */
async function cutSelect(
  { connection, store, allowAbsolutePaths }: DeltaViewOptions,
  files: readonly Located[],
  columns: readonly TableColumn[],
): Promise<string> {
  const adds = files.map(({ add }) => add);
  const { name, sets } = await keptRows(connection, store, adds, allowAbsolutePaths);
  const kept = (set: number | string) => `WHERE ${name}(${set}, data.file_row_number)`;
  if (files.length <= MAX_UNION_PARTS) {
    return files
      .map((file, index) => {
        const logged = ({ physical }: TableColumn) => literal(partitionValueOf(file.add, physical));
        return select(columns, logged, `${scan([file], columns)} ${kept(sets[index] ?? -1)}`);
      })
      .join('\nUNION ALL\n');
  }
  const partitions = columns.filter(({ isPartition }) => isPartition);
  const source = `${scan(files, columns)} JOIN ${logValues(files, partitions, sets)} ${kept('log.deleted')}`;
  return select(columns, (column) => valueInLog(column.name, partitions), source);
}

function select(
  columns: readonly TableColumn[],
  partitionValue: (column: TableColumn) => string,
  source: string,
): string {
  const selected = columns.map((column) => {
    const value = column.isPartition
      ? castPartitionValue(partitionValue(column), column.type)
      : column.value(`data.${quotedIdentifier(scanName(column.name))}`);
    return `${value} AS ${quotedIdentifier(column.name)}`;
  });
  return `SELECT ${selected.join(', ')} FROM ${source}`;
}

function scan(files: readonly Located[], columns: readonly TableColumn[]): string {
  const list = parquetList(files.map(({ path }) => path));
  const schema = columns
    .filter(({ isPartition, stored }) => !isPartition && stored !== undefined)
    .map(
      ({ name, stored = name, fileType }) =>
        `${quotedString(stored)}: {name: ${quotedString(scanName(name))}, type: ${quotedString(fileType)}, default_value: NULL}`,
    );
  const option = schema.length > 0 ? `schema = MAP {${schema.join(', ')}}` : 'hive_partitioning = false';
  return `read_parquet(${list}, ${option}) AS data`;
}

function scanName(name: string): string {
  return SCAN_NAMES.has(name.toLowerCase()) ? `__column_${name}` : name;
}

function partitionValues(add: AddFile, partitions: readonly TableColumn[]): (string | null)[] {
  return partitions.map(({ physical }) => partitionValueOf(add, physical));
}

/** The partition values of each file as a relation to join with. @param deleted the deleted rows of each, as numbers. */
function logValues(
  files: readonly Located[],
  partitions: readonly TableColumn[],
  deleted?: readonly number[],
): string {
  const rows = files.map(({ add, path }, index) => {
    const values = [path, ...partitionValues(add, partitions)].map(literal);
    return `(${[...values, ...(deleted ? [deleted[index]] : [])].join(', ')})`;
  });
  const names = ['file', ...partitions.map((_, index) => `value${index}`), ...(deleted ? ['deleted'] : [])];
  return `(VALUES ${rows.join(', ')}) AS log(${names.join(', ')}) ON data.filename = log.file`;
}

function valueInLog(name: string, partitions: readonly TableColumn[]): string {
  return `log.value${partitions.findIndex((column) => column.name === name)}`;
}

/** Whether the folder's names say exactly what the log says. */
function isInOwnFolder({ add, path }: Located, partitions: readonly TableColumn[]): boolean {
  const folders = partitions.map(({ name, physical }) =>
    partitionFolder(name, partitionValueOf(add, physical)),
  );
  const isPlain = folders.every(
    (folder) => /^[\w=.-]+$/.test(folder) && !folder.endsWith('__HIVE_DEFAULT_PARTITION__'),
  );
  const [folder, own] = [path.slice(0, path.lastIndexOf('/')), `/${folders.join('/')}`];
  // DuckDB takes every `name=value` of the path for a column, and rather than the column of the file.
  return isPlain && folder.endsWith(own) && !folder.slice(0, -own.length).includes('=');
}
