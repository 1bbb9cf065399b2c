/**
 * What the end of a data file says, as far as a reader of a few rows needs it: where the columns of each row group lie,
 * and between which values some of them are. Small, to be kept for many files: what hyparquet makes of a footer takes
 * ten times the time and fifty times the memory. Source: Parquet format, `parquet.thrift`.
 */
import { type Cursor, readThriftStruct, type ThriftStruct, type ThriftValue } from './thrift-struct.ts';

export type StoredType = 'text' | 'double' | 'long' | 'timestamp' | 'other';

export interface StoredColumn {
  readonly name: string;
  readonly type: StoredType;
  /** It may have nulls, and then levels that tell of them. */
  readonly isOptional: boolean;
}

export interface StoredGroup {
  readonly rows: number;
  /** For each column where its bytes begin, and how many there are. */
  readonly chunks: Uint32Array;
  /** For each column the number of its codec. */
  readonly codecs: Uint8Array;
  /** Of the columns that were named: the bytes of the least and of the greatest value, where the file tells them. */
  readonly bounds: readonly (readonly [Uint8Array | undefined, Uint8Array | undefined])[];
}

export interface DataFooter {
  readonly columns: readonly StoredColumn[];
  readonly groups: readonly StoredGroup[];
}

/** Numbers of a footer are exact for files up to here. */
export const LARGEST_FILE_BYTES = 2 ** 30;

/**
 * @param bytes the footer alone, without its length and the magic bytes. @param bounded names of columns.
 * @throws Error for a file whose columns are not all flat, or lie elsewhere.
 */
export function readDataFooter(bytes: Uint8Array, bounded: readonly string[]): DataFooter {
  const cursor: Cursor = { bytes, at: 0 };
  const file = readThriftStruct(cursor);
  const [root, ...elements] = structsOf(file[2]);
  const columns = elements.map(columnOf);
  if (root?.[5] !== columns.length) throw new Error('a file with nested columns');
  const places = bounded.map((name) => columns.findIndex((column) => column.name === name));
  return { columns, groups: structsOf(file[4]).map((group) => groupOf(group, columns, places)) };
}

function groupOf(
  group: ThriftStruct,
  columns: readonly StoredColumn[],
  bounded: readonly number[],
): StoredGroup {
  const chunks = new Uint32Array(columns.length * 2);
  const codecs = new Uint8Array(columns.length);
  const stored = structsOf(group[1]);
  const facts = columns.map(({ name }, index) => {
    const { 1: otherFile, 3: facts, 8: encrypted } = stored[index] ?? {};
    const { 3: path, 4: codec, 7: sizeBytes, 9: data, 11: dictionary } = structOf(facts);
    const isHere = otherFile === undefined && encrypted === undefined;
    if (!isHere || !Array.isArray(path) || textOf(path[0]) !== name)
      throw new Error('a column that lies elsewhere');
    chunks[index * 2] = Number(dictionary || data);
    chunks[index * 2 + 1] = Number(sizeBytes);
    codecs[index] = Number(codec);
    return structOf(facts);
  });
  const bounds = bounded.map((index) => {
    const { 5: most, 6: least } = structOf(facts[index]?.[12] ?? {});
    return [copyOf(least), copyOf(most)] as const;
  });
  return { rows: Number(group[3]), chunks, codecs, bounds };
}

function columnOf(element: ThriftStruct): StoredColumn {
  const { 3: repetition, 4: name, 5: children } = element;
  if (children !== undefined || repetition === 2) throw new Error('a file with nested columns');
  return { name: textOf(name), type: typeOf(element), isOptional: repetition === 1 };
}

function typeOf({ 1: type, 6: converted, 10: logical }: ThriftStruct): StoredType {
  const { 1: text, 8: time, 10: integer } = structOf(logical ?? {});
  if (type === 6) return text !== undefined || (logical === undefined && converted === 0) ? 'text' : 'other';
  if (type === 5) return 'double';
  if (type !== 2) return 'other';
  if (time !== undefined) {
    const { 1: isUtc, 2: unit } = structOf(time);
    return isUtc === true && structOf(unit)[2] !== undefined ? 'timestamp' : 'other';
  }
  if (integer !== undefined) return structOf(integer)[2] === true ? 'long' : 'other';
  if (logical !== undefined) return 'other';
  if (converted === 10) return 'timestamp';
  return converted === undefined || converted === 18 ? 'long' : 'other';
}

function structsOf(value: ThriftValue | undefined): ThriftStruct[] {
  if (!Array.isArray(value)) throw new Error('a footer that lacks a list');
  return value.map(structOf);
}

function structOf(value: ThriftValue | undefined): ThriftStruct {
  if (typeof value !== 'object' || value instanceof Uint8Array || Array.isArray(value))
    throw new Error('a footer that lacks a struct');
  return value as ThriftStruct;
}

function textOf(value: ThriftValue | undefined): string {
  if (!(value instanceof Uint8Array)) throw new Error('a footer that lacks a name');
  return Buffer.from(value.buffer, value.byteOffset, value.length).toString();
}

/** A view would hold the whole footer. */
function copyOf(value: ThriftValue | undefined): Uint8Array | undefined {
  return value instanceof Uint8Array ? Uint8Array.from(value) : undefined;
}
