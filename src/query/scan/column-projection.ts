/**
 * Values whose structs are laid out otherwise in a file than in the table: fields of other names, fields that the file
 * lacks, fields that are none of the table's any more. Source: Delta protocol, "Column Mapping".
 */

import { quotedIdentifier } from '@duckdb/node-api';
import type { DataType, StructField } from '../../delta/format/schema.ts';
import { duckdbType } from './duckdb-type.ts';
import { elementNode, type ParquetNode } from './parquet-schema.ts';

export interface ProjectedColumn {
  /** The DuckDB type to read it as. */
  readonly type: string;
  /** SQL for the table's value from SQL for the stored one. */
  readonly value: (stored: string) => string;
}

/** @returns which of the elements of a group holds a field, if any does. */
export type FindField = (nodes: readonly ParquetNode[], field: StructField) => ParquetNode | undefined;

export function projectColumn(
  type: DataType,
  node: ParquetNode,
  find: FindField,
  depth = 0,
): ProjectedColumn {
  if (!hasStruct(type) || typeof type === 'string')
    return { type: duckdbType(type), value: (stored) => stored };
  const item = `item${depth}`;
  switch (type.type) {
    case 'struct':
      return storedStruct(type.fields, node, find, depth);
    case 'array': {
      const element = projectColumn(type.elementType, elementNode(node), find, depth + 1);
      return {
        type: `${element.type}[]`,
        value: (stored) => `list_transform(${stored}, lambda ${item}: ${element.value(item)})`,
      };
    }
    case 'map': {
      const [keyNode = node, valueNode = node] = node.children[0]?.children ?? [];
      const key = projectColumn(type.keyType, keyNode, find, depth + 1);
      const value = projectColumn(type.valueType, valueNode, find, depth + 1);
      const entry = `struct_pack(key := ${key.value(`${item}.key`)}, value := ${value.value(`${item}.value`)})`;
      return {
        type: `MAP(${key.type}, ${value.type})`,
        value: (stored) =>
          `map_from_entries(list_transform(map_entries(${stored}), lambda ${item}: ${entry}))`,
      };
    }
  }
}

function storedStruct(
  fields: readonly StructField[],
  { children }: ParquetNode,
  find: FindField,
  depth: number,
): ProjectedColumn {
  const types: string[] = [];
  const parts = fields.map((field): ((stored: string) => string) => {
    const name = quotedIdentifier(field.name);
    const node = find(children, field);
    if (node === undefined) return () => `${name} := CAST(NULL AS ${duckdbType(field.type)})`;
    const inner = projectColumn(field.type, node, find, depth);
    types.push(`${quotedIdentifier(node.name)} ${inner.type}`);
    return (stored) => `${name} := ${inner.value(`${stored}.${quotedIdentifier(node.name)}`)}`;
  });
  // DuckDB reads no struct without a field; one that is no longer wanted tells which structs are null.
  const [other] = children;
  if (types.length === 0 && other) types.push(`${quotedIdentifier(other.name)} VARCHAR`);
  return {
    type: `STRUCT(${types.join(', ')})`,
    value: (stored) =>
      `CASE WHEN ${stored} IS NOT NULL THEN struct_pack(${parts.map((part) => part(stored)).join(', ')}) END`,
  };
}

/** Lists and maps of plain values have no names in them. */
export function hasStruct(type: DataType): boolean {
  if (typeof type === 'string') return false;
  switch (type.type) {
    case 'struct':
      return true;
    case 'array':
      return hasStruct(type.elementType);
    case 'map':
      return hasStruct(type.keyType) || hasStruct(type.valueType);
  }
}

/** Also in a field of a struct: elements of lists and maps have no bounds that a query could use. */
export function hasFloat(type: DataType): boolean {
  if (typeof type !== 'string')
    return type.type === 'struct' && type.fields.some((field) => hasFloat(field.type));
  return type === 'float' || type === 'double';
}
