/** The columns of a table as DuckDB reads them. Source: Delta protocol, "Column Mapping". */
import type { DuckDBConnection } from '@duckdb/node-api';
import { LakeError } from '../../base/errors.ts';
import type { StructField } from '../../delta/format/schema.ts';
import type { Snapshot } from '../../delta/log/snapshot.ts';
import { type FindField, hasFloat, hasStruct, projectColumn } from './column-projection.ts';
import { duckdbType } from './duckdb-type.ts';
import { type ParquetNode, parquetShapes } from './parquet-schema.ts';

export interface TableColumn {
  readonly name: string;
  /** Its name in the log. */
  readonly physical: string;
  /** Its name in the files; undefined when they lack it. */
  readonly stored: string | undefined;
  /** The DuckDB type. */
  readonly type: string;
  /** The DuckDB type to read it as. */
  readonly fileType: string;
  /** SQL for a value of `type` from SQL for one of `fileType`. */
  readonly value: (stored: string) => string;
  readonly isPartition: boolean;
  /** It holds floating-point numbers whose bounds may leave NaN out. */
  readonly hasFloat: boolean;
}

/** Files in which the columns lie in the same way. */
export interface FileColumns {
  readonly columns: readonly TableColumn[];
  readonly paths: ReadonlySet<string>;
}

type TableSchema = Pick<Snapshot, 'schema' | 'metadata' | 'partitionColumns'>;

/**
 * Footers are looked at where the log alone does not tell how a column is stored.
 *
 * @returns every path once.
 * @throws LakeError TABLE_UNSUPPORTED naming a file without ids in a table whose columns are known by them.
 */
export async function columnsOfFiles(
  connection: DuckDBConnection,
  table: TableSchema,
  paths: ReadonlySet<string>,
): Promise<FileColumns[]> {
  const mode = mappingMode(table);
  const isUniform =
    mode !== 'id' && (mode === 'none' || !table.schema.fields.some(({ type }) => hasStruct(type)));
  if (isUniform) return [{ columns: tableColumns(table), paths }];
  const shapes = await parquetShapes(connection, paths);
  return shapes.map(({ root, paths: alike }) => ({
    columns: columnsIn(root, table, alike[0]),
    paths: new Set(alike),
  }));
}

/** Columns that files hold under their names, if they hold them. */
export function tableColumns(table: TableSchema): TableColumn[] {
  return table.schema.fields.map((field) => {
    const type = duckdbType(field.type);
    const physical = nameInLog(field, table);
    const isPartition = table.partitionColumns.includes(field.name);
    return {
      name: field.name,
      physical,
      stored: physical,
      type,
      fileType: type,
      value: (stored) => stored,
      isPartition,
      hasFloat: !isPartition && hasFloat(field.type),
    };
  });
}

function columnsIn(root: ParquetNode, table: TableSchema, path = ''): TableColumn[] {
  const find = fieldFinder(table, path);
  return tableColumns(table).map((column, index) => {
    const field = table.schema.fields[index];
    if (column.isPartition || field === undefined) return column;
    const node = find(root.children, field);
    if (node === undefined)
      return { ...column, stored: undefined, value: () => `CAST(NULL AS ${column.type})` };
    const { type, value } = projectColumn(field.type, node, find);
    return { ...column, stored: node.name, fileType: type, value };
  });
}

/** @param path of the file that is looked into, for errors. */
export function fieldFinder(table: Pick<Snapshot, 'metadata'>, path: string): FindField {
  return mappingMode(table) === 'id'
    ? (nodes, field) => nodeById(nodes, field, path)
    : (nodes, field) => nodeByName(nodes, nameInLog(field, table));
}

function nodeByName(nodes: readonly ParquetNode[], name: string): ParquetNode | undefined {
  const lower = name.toLowerCase();
  return nodes.find((node) => node.name === name) ?? nodes.find((node) => node.name.toLowerCase() === lower);
}

/** An id that is not in the file means null, unless the writer just left ids out. */
function nodeById(nodes: readonly ParquetNode[], field: StructField, path: string): ParquetNode | undefined {
  const id = field.metadata['delta.columnMapping.id'];
  const found = nodes.find(({ fieldId }) => fieldId !== undefined && fieldId === id);
  if (found) return found;
  const unknown = nodes.filter(({ fieldId }) => fieldId === undefined);
  const isLeftOut =
    typeof id !== 'number' ||
    (unknown.length > 0 &&
      (unknown.length === nodes.length || unknown.some(({ name }) => name === physicalName(field))));
  if (!isLeftOut) return undefined;
  throw new LakeError(
    'TABLE_UNSUPPORTED',
    `the columns of the table are mapped by id, and the file \`${path}\` has no id for \`${field.name}\``,
    { hint: 'use the engine that made the table, or rewrite it without column mapping' },
  );
}

function mappingMode({ metadata }: Pick<Snapshot, 'metadata'>): string {
  return metadata.configuration['delta.columnMapping.mode'] ?? 'none';
}

/** The name of a field in partition values and statistics, and in files unless they tell by ids. */
export function nameInLog(
  field: Pick<StructField, 'name' | 'metadata'>,
  table: Pick<Snapshot, 'metadata'>,
): string {
  return mappingMode(table) === 'none' ? field.name : physicalName(field);
}

function physicalName({ name, metadata }: Pick<StructField, 'name' | 'metadata'>): string {
  return String(metadata['delta.columnMapping.physicalName'] ?? name);
}
