/** The columns of a table as far as statistics know them, where a file has them: fields of structs one by one. */

import { quotedIdentifier } from '@duckdb/node-api';
import type { DataType, StructField } from '../../delta/format/schema.ts';
import type { FindField } from '../scan/column-projection.ts';
import type { ParquetNode } from '../scan/parquet-schema.ts';

export interface StatsLeaf {
  /** Its names in the table, `.` between them. */
  readonly name: string;
  /** Its names in statistics. */
  readonly path: readonly string[];
  readonly type: DataType;
  /** SQL for its value in the file. */
  readonly sql: string;
  readonly node: ParquetNode;
}

export interface LeafNames {
  readonly find: FindField;
  readonly nameInLog: (field: StructField) => string;
}

export function statsLeaves(
  fields: readonly StructField[],
  nodes: readonly ParquetNode[],
  names: LeafNames,
  parent?: StatsLeaf,
): StatsLeaf[] {
  return fields.flatMap((field) => {
    const node = names.find(nodes, field);
    if (node === undefined) return [];
    const leaf: StatsLeaf = {
      name: parent ? `${parent.name}.${field.name}` : field.name,
      path: [...(parent?.path ?? []), names.nameInLog(field)],
      type: field.type,
      sql: `${parent ? `${parent.sql}.` : ''}${quotedIdentifier(node.name)}`,
      node,
    };
    const { type } = field;
    if (typeof type === 'string' || type.type !== 'struct') return [leaf];
    return statsLeaves(type.fields, node.children, names, leaf);
  });
}
