/**
 * A table's schema: the `schemaString` of `metaData`.
 * Source: Delta protocol, "Schema Serialization Format".
 */
import { LakeError } from '../errors.ts';

export type PrimitiveType =
  | 'string'
  | 'long'
  | 'integer'
  | 'short'
  | 'byte'
  | 'float'
  | 'double'
  | 'boolean'
  | 'binary'
  | 'date'
  | 'timestamp'
  | 'timestamp_ntz'
  | 'void'
  | `decimal(${number},${number})`;

export interface StructType {
  readonly type: 'struct';
  readonly fields: readonly StructField[];
}
export interface ArrayType {
  readonly type: 'array';
  readonly elementType: DataType;
  readonly containsNull: boolean;
}
export interface MapType {
  readonly type: 'map';
  readonly keyType: DataType;
  readonly valueType: DataType;
  readonly valueContainsNull: boolean;
}
export type DataType = PrimitiveType | StructType | ArrayType | MapType;

export interface StructField {
  readonly name: string;
  readonly type: DataType;
  readonly nullable: boolean;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** @throws LakeError TABLE_DAMAGED when the text is not the schema of a table. */
export function parseSchema(schemaString: string): StructType {
  let value: unknown;
  try {
    value = JSON.parse(schemaString);
  } catch {
    value = undefined;
  }
  const schema = value as StructType | undefined;
  if (schema?.type !== 'struct' || !Array.isArray(schema.fields)) {
    throw new LakeError('TABLE_DAMAGED', 'the `schemaString` of the table is not a schema', {
      hint: 'restore the table from a backup',
    });
  }
  return schema;
}

/** A field as this library writes it: nullable, since anything else counts as an invariant for other writers. */
export function nullableField(name: string, type: DataType): StructField {
  return { name, type, nullable: true, metadata: {} };
}
