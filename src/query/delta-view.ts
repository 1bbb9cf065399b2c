/**
 * A snapshot as SQL: an explicit list of files, the schema's columns in its order and with its types, partition values
 * as the log has them, deleted rows left out. Source: Delta protocol, "Reader Requirements".
 */
import { quotedIdentifier, quotedString } from '@duckdb/node-api';
import type { AddFile } from '../delta/actions.ts';
import { readDeletionVector } from '../delta/deletion-vector.ts';
import { locateFile, partitionFolder } from '../delta/file-path.ts';
import type { Snapshot } from '../delta/snapshot.ts';
import type { TableStore } from '../delta/store.ts';
import { LakeError } from '../errors.ts';
import { duckdbType } from './duckdb-type.ts';

export interface DeltaViewOptions {
  readonly store: TableStore;
  readonly snapshot: Snapshot;
  readonly files: readonly AddFile[];
  /** Files outside of the table's folder may be read. */
  readonly allowAbsolutePaths: boolean;
}

export interface DeltaView {
  /** A `SELECT` with the table's rows. */
  readonly sql: string;
  /** Files outside of the table's folder that it reads. */
  readonly absolutePaths: readonly string[];
}

interface Column {
  readonly name: string;
  /** Its name in Parquet files and in the log. */
  readonly physical: string;
  /** Set when columns are matched by id. */
  readonly fieldId: number | undefined;
  readonly type: string;
  readonly isPartition: boolean;
}

interface Located {
  readonly add: AddFile;
  readonly path: string;
}

/** @throws LakeError TABLE_DAMAGED, TABLE_UNSUPPORTED. */
export async function deltaView(options: DeltaViewOptions): Promise<DeltaView> {
  const { snapshot, files, store } = options;
  const columns = columnsOf(snapshot, store.location);
  const located = files.map((add) => ({ add, path: pathOf(add, options) }));
  const absolutePaths = located
    .map(({ path }) => path)
    .filter((path) => !path.startsWith(`${store.location}/`));
  const selects = plainSelects(
    located.filter(({ add }) => add.deletionVector === undefined),
    columns,
  );
  for (const { add, path } of located) {
    if (add.deletionVector) selects.push(await vectorSelect(store, add, path, columns));
  }
  return { sql: selects.length > 0 ? selects.join('\nUNION ALL\n') : emptySelect(columns), absolutePaths };
}

/** A view of no rows with these columns. */
function emptySelect(columns: readonly Column[]): string {
  const list = columns
    .map(({ name, type }) => `CAST(NULL AS ${type}) AS ${quotedIdentifier(name)}`)
    .join(', ');
  return `SELECT ${list} WHERE false`;
}

function columnsOf({ schema, metadata, partitionColumns }: Snapshot, location: string): Column[] {
  const mode = metadata.configuration['delta.columnMapping.mode'] ?? 'none';
  return schema.fields.map(({ name, type, metadata: field }) => {
    if (mode !== 'none' && typeof type !== 'string') {
      throw new LakeError(
        'TABLE_UNSUPPORTED',
        `the table \`${location}\` maps the nested column \`${name}\`, which crypto-lake cannot read`,
        {
          hint: 'use the engine that made the table, or rewrite it without column mapping',
        },
      );
    }
    return {
      name,
      physical: mode === 'none' ? name : String(field['delta.columnMapping.physicalName'] ?? name),
      fieldId: mode === 'id' ? Number(field['delta.columnMapping.id']) : undefined,
      type: duckdbType(type),
      isPartition: partitionColumns.includes(name),
    };
  });
}

/**
 * One scan for all files whose folder names say exactly what the log says: DuckDB then skips files by the folder's
 * name. Any others get a scan for each set of partition values.
 */
function plainSelects(files: readonly Located[], columns: readonly Column[]): string[] {
  if (files.length === 0) return [];
  const partitions = columns.filter(({ isPartition }) => isPartition);
  if (partitions.length > 0 && files.every((file) => isInOwnFolder(file, partitions))) {
    const isUniform = files.every(({ add }) => hasAllColumns(add, columns));
    return [isUniform ? folderScan(files, columns) : scan(files, columns, (column) => fromFolder(column))];
  }
  const groups = new Map<string, Located[]>();
  for (const file of files) {
    const key = JSON.stringify(partitions.map(({ physical }) => file.add.partitionValues[physical] ?? null));
    groups.set(key, [...(groups.get(key) ?? []), file]);
  }
  return [...groups.values()].map((group) => {
    const values = group[0]?.add.partitionValues ?? {};
    return scan(group, columns, (column) => literal(values[column.physical]));
  });
}

function scan(
  files: readonly Located[],
  columns: readonly Column[],
  partitionValue: (column: Column) => string,
): string {
  const stored = columns.filter(({ isPartition }) => !isPartition);
  const schema = stored.map(
    ({ name, physical, fieldId, type }) =>
      `${fieldId ?? quotedString(physical)}: {name: ${quotedString(name)}, type: ${quotedString(type)}, default_value: NULL}`,
  );
  const list = files.map(({ path }) => quotedString(path)).join(', ');
  const selected = columns.map((column) =>
    column.isPartition
      ? `CAST(${partitionValue(column)} AS ${column.type}) AS ${quotedIdentifier(column.name)}`
      : quotedIdentifier(column.name),
  );
  return `SELECT ${selected.join(', ')} FROM read_parquet([${list}], filename = '${FILE_COLUMN}', schema = MAP {${schema.join(', ')}})`;
}

/**
 * A scan that DuckDB prunes by the folders' names. It needs files that have every column: by the statistics, which
 * count the nulls of each.
 */
function folderScan(files: readonly Located[], columns: readonly Column[]): string {
  const partitions = columns.filter(({ isPartition }) => isPartition);
  const types = partitions.map(({ name, type }) => `${quotedString(name)}: ${type}`).join(', ');
  const list = files.map(({ path }) => quotedString(path)).join(', ');
  const selected = columns.map(
    ({ name, type }) => `CAST(${quotedIdentifier(name)} AS ${type}) AS ${quotedIdentifier(name)}`,
  );
  return `SELECT ${selected.join(', ')} FROM read_parquet([${list}], hive_partitioning = true, hive_types = {${types}})`;
}

function hasAllColumns({ stats }: AddFile, columns: readonly Column[]): boolean {
  try {
    const { nullCount = {} } = JSON.parse(stats ?? '{}') as { nullCount?: Record<string, unknown> };
    return columns.every(
      ({ name, physical, isPartition }) => isPartition || (name === physical && physical in nullCount),
    );
  } catch {
    return false;
  }
}

/** No column of a table has this name. */
const FILE_COLUMN = '__crypto_lake_file';

function isInOwnFolder({ add, path }: Located, partitions: readonly Column[]): boolean {
  const folders = partitions.map(({ name, physical }) =>
    partitionFolder(name, add.partitionValues[physical] ?? null),
  );
  const isPlain = folders.every(
    (folder) => /^[\w=.-]+$/.test(folder) && !folder.endsWith('__HIVE_DEFAULT_PARTITION__'),
  );
  return (
    isPlain &&
    path
      .split('/')
      .slice(0, -1)
      .join('/')
      .endsWith(`/${folders.join('/')}`)
  );
}

/** The last folder of that name counts: the lake itself may lie below one. */
function fromFolder({ name }: Column): string {
  return `regexp_extract(${FILE_COLUMN}, '.*/${name}=([^/]*)/', 1)`;
}

function literal(value: string | null | undefined): string {
  return value === null || value === undefined || value === '' ? 'NULL' : quotedString(value);
}

/** Rows by position, without those that the deletion vector names. Source: Delta protocol, "Deletion Vectors". */
async function vectorSelect(
  store: TableStore,
  add: AddFile,
  path: string,
  columns: readonly Column[],
): Promise<string> {
  if (columns.some(({ fieldId }) => fieldId !== undefined)) {
    throw new LakeError(
      'TABLE_UNSUPPORTED',
      `the table \`${store.location}\` has deletion vectors beside column mapping by id`,
      {
        hint: 'use the engine that made the table',
      },
    );
  }
  const deleted = (await readDeletionVector(store, add)).join(', ');
  const stored = columns.filter(({ isPartition }) => !isPartition);
  // Columns that the file does not have come in as typed NULLs, by name.
  const missing = stored
    .map(({ physical, type }) => `CAST(NULL AS ${type}) AS ${quotedIdentifier(physical)}`)
    .join(', ');
  const selected = columns.map(({ name, physical, type, isPartition }) => {
    const value = isPartition ? literal(add.partitionValues[physical]) : quotedIdentifier(physical);
    return `CAST(${value} AS ${type}) AS ${quotedIdentifier(name)}`;
  });
  return `SELECT ${selected.join(', ')} FROM (SELECT * FROM read_parquet(${quotedString(path)}, hive_partitioning = false, file_row_number = true) UNION ALL BY NAME SELECT ${missing} WHERE false) WHERE file_row_number NOT IN (SELECT unnest([${deleted}]::BIGINT[]))`;
}

function pathOf(add: AddFile, { store, allowAbsolutePaths }: DeltaViewOptions): string {
  const location = locateFile(add.path);
  if (location.kind === 'relative') return store.enginePath(location.name);
  if (allowAbsolutePaths || location.path.startsWith(`${store.location}/`)) return location.path;
  throw new LakeError(
    'TABLE_DAMAGED',
    `the table \`${store.location}\` names a file outside of itself: \`${location.path}\``,
    {
      hint: 'mount it with `read --table NAME=PATH` if you trust it',
    },
  );
}
