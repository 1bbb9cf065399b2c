/**
 * A table's schema: the `schemaString` of `metaData`.
 * Source: Delta protocol, "Schema Serialization Format".
 */
import { LakeError } from '../../base/errors.ts';

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

/** Whoever walks a schema does it by recursion. */
const MAX_DEPTH = 100;

/**
 * @throws LakeError TABLE_DAMAGED when the text is not the schema of a table; TABLE_UNSUPPORTED naming a type that is not
 *   known, or two columns that SQL cannot tell apart.
 */
export function parseSchema(schemaString: string): StructType {
  let value: unknown;
  try {
    value = JSON.parse(schemaString);
  } catch {
    value = undefined;
  }
  if (!isStruct(value, MAX_DEPTH)) {
    throw new LakeError(
      'TABLE_DAMAGED',
      `the \`schemaString\` of the table is not a schema, or one that is nested deeper than ${MAX_DEPTH}`,
      { hint: 'restore the table from a backup' },
    );
  }
  checkFields(value.fields, '');
  return value;
}

const PRIMITIVES: ReadonlySet<string> = new Set(
  'string long integer short byte float double boolean binary date timestamp timestamp_ntz void'.split(' '),
);
/** Spark, Arrow and query engines hold no more digits. */
const MAX_PRECISION = 38;

function isPrimitive(type: string): boolean {
  if (PRIMITIVES.has(type)) return true;
  const [, precision, scale] = /^decimal\(\s*(\d{1,2})\s*,\s*(\d{1,2})\s*\)$/.exec(type) ?? [];
  return Number(precision) >= 1 && Number(precision) <= MAX_PRECISION && Number(scale) <= Number(precision);
}

function checkFields(fields: readonly StructField[], parent: string): void {
  const names = new Map<string, string>();
  for (const { name, type } of fields) {
    const place = `${parent}${name.slice(0, 100)}`;
    const same = names.get(name.toLowerCase());
    if (same !== undefined)
      throw unsupported(`the columns \`${parent}${same}\` and \`${place}\`, that differ in case alone`);
    if (name === '')
      throw unsupported(`a column without a name${parent && ` in \`${parent.slice(0, -1)}\``}`);
    if (name.includes('\0')) throw unsupported(`the column \`${place}\`, whose name has a NUL in it`);
    names.set(name.toLowerCase(), name.slice(0, 100));
    checkType(type, place);
  }
}

function checkType(type: DataType, place: string): void {
  if (typeof type === 'string') {
    if (!isPrimitive(type)) throw unknownType(type, place);
  } else if (type.type === 'struct') checkFields(type.fields, `${place}.`);
  else if (type.type === 'array') checkType(type.elementType, `${place}.element`);
  else if (type.type === 'map') {
    checkType(type.keyType, `${place}.key`);
    checkType(type.valueType, `${place}.value`);
  } else throw unknownType((type as { readonly type: string }).type, place);
}

function unknownType(type: string, place: string): LakeError {
  return unsupported(`the column \`${place}\` of the type \`${type.slice(0, 100)}\``);
}

function unsupported(what: string): LakeError {
  return new LakeError('TABLE_UNSUPPORTED', `the table has ${what}, which crypto-lake cannot read`, {
    hint: 'use the engine that made the table, or rewrite it without that',
  });
}

function isStruct(value: unknown, depth: number): value is StructType {
  const { type, fields } = (value ?? {}) as { type?: unknown; fields?: unknown };
  return type === 'struct' && Array.isArray(fields) && fields.every((field) => isField(field, depth));
}

function isField(field: unknown, depth: number): boolean {
  const { name, type, metadata } = (field ?? {}) as { name?: unknown; type?: unknown; metadata?: unknown };
  return (
    typeof name === 'string' &&
    (metadata === undefined || typeof metadata === 'object') &&
    isType(type, depth)
  );
}

function isType(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return true;
  if (typeof value !== 'object' || value === null || depth === 0) return false;
  const { type, elementType, keyType, valueType } = value as Readonly<Record<string, unknown>>;
  if (type === 'array') return isType(elementType, depth - 1);
  if (type === 'map') return isType(keyType, depth - 1) && isType(valueType, depth - 1);
  if (type === 'struct') return isStruct(value, depth - 1);
  // A kind of a later protocol is a type that is not known, not damage.
  return typeof type === 'string';
}

/** A field as this library writes it: nullable, since anything else counts as an invariant for other writers. */
export function nullableField(name: string, type: DataType): StructField {
  return { name, type, nullable: true, metadata: {} };
}
