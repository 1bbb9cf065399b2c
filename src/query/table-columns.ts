/** The columns of a table as DuckDB reads them: names in files, field ids, types. Source: Delta protocol, "Column Mapping". */
import type { Snapshot } from '../delta/snapshot.ts';
import { LakeError } from '../errors.ts';
import { duckdbType } from './duckdb-type.ts';
import { hasStruct, mappedValue, physicalName, typeInFiles } from './mapped-value.ts';

export interface TableColumn {
  readonly name: string;
  /** Its name in Parquet files and in the log. */
  readonly physical: string;
  /** Set when columns are matched by id. */
  readonly fieldId: number | undefined;
  /** The DuckDB type. */
  readonly type: string;
  /** The DuckDB type with the names that fields of structs have in files. */
  readonly fileType: string;
  /** SQL for a value of `type` from SQL for one of `fileType`. */
  readonly value: (stored: string) => string;
  readonly isPartition: boolean;
}

/** @throws LakeError TABLE_UNSUPPORTED for structs whose fields are matched by id. */
export function tableColumns(
  { schema, metadata, partitionColumns }: Pick<Snapshot, 'schema' | 'metadata' | 'partitionColumns'>,
  location: string,
): TableColumn[] {
  const mode = metadata.configuration['delta.columnMapping.mode'] ?? 'none';
  return schema.fields.map((field) => {
    const { name, type, metadata: about } = field;
    if (mode === 'id' && hasStruct(type)) {
      throw new LakeError(
        'TABLE_UNSUPPORTED',
        `the table \`${location}\` maps the nested column \`${name}\` by id, which crypto-lake cannot read`,
        { hint: 'use the engine that made the table, or rewrite it without column mapping' },
      );
    }
    return {
      name,
      physical: mode === 'none' ? name : physicalName(field),
      fieldId: mode === 'id' ? Number(about['delta.columnMapping.id']) : undefined,
      type: duckdbType(type),
      fileType: duckdbType(mode === 'name' ? typeInFiles(type) : type),
      value: (stored) => (mode === 'name' ? mappedValue(type, stored) : stored),
      isPartition: partitionColumns.includes(name),
    };
  });
}
