/** The columns of a table as DuckDB reads them: names in files, field ids, types. Source: Delta protocol, "Column Mapping". */
import type { Snapshot } from '../delta/snapshot.ts';
import { LakeError } from '../errors.ts';
import { duckdbType } from './duckdb-type.ts';

export interface TableColumn {
  readonly name: string;
  /** Its name in Parquet files and in the log. */
  readonly physical: string;
  /** Set when columns are matched by id. */
  readonly fieldId: number | undefined;
  /** The DuckDB type. */
  readonly type: string;
  readonly isPartition: boolean;
}

/** @throws LakeError TABLE_UNSUPPORTED for nested columns that are mapped. */
export function tableColumns(
  { schema, metadata, partitionColumns }: Pick<Snapshot, 'schema' | 'metadata' | 'partitionColumns'>,
  location: string,
): TableColumn[] {
  const mode = metadata.configuration['delta.columnMapping.mode'] ?? 'none';
  return schema.fields.map(({ name, type, metadata: field }) => {
    if (mode !== 'none' && typeof type !== 'string') {
      throw new LakeError(
        'TABLE_UNSUPPORTED',
        `the table \`${location}\` maps the nested column \`${name}\`, which crypto-lake cannot read`,
        { hint: 'use the engine that made the table, or rewrite it without column mapping' },
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
