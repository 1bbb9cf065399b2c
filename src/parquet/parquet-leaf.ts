/**
 * One leaf column of a Parquet row group as flat arrays: levels and values, nothing assembled. hyparquet's public readers
 * assemble nested lists for each row, which costs several times as much as everything before it (bench job `open-table`),
 * so its footer, schema and snappy are used here, and pages are read by ourselves: pages of version 1, plain or with a
 * dictionary, which is how Spark, delta-rs and DuckDB write checkpoints.
 */
import { type ColumnMetaData, type SchemaElement, type SchemaTree, snappyUncompress } from 'hyparquet';
import { readPlainValues, type Value } from './plain-values.ts';
import { readRleHybrid } from './rle-hybrid.ts';
import { type Cursor, readThriftStruct, type ThriftStruct } from './thrift-struct.ts';

/** Levels as the Parquet format defines them. */
export interface Leaf {
  readonly definitions: Uint8Array;
  readonly repetitions: Uint8Array;
  /** The definition level of an entry that has a value. */
  readonly maxDefinition: number;
  /** The values alone, without the nulls. */
  readonly values: readonly Value[];
}

/** Kinds of pages, and encodings, by their numbers in the format. */
const DATA_PAGE = 0;
const DICTIONARY_PAGE = 2;
const PLAIN = 0;
const DICTIONARY_ENCODINGS: ReadonlySet<unknown> = new Set([2, 8]);

/**
 * @param bytes the whole file.
 * @param path the elements from the root to the leaf.
 * @throws Error for what this reader does not know.
 */
export function readLeaf(bytes: Uint8Array, column: ColumnMetaData, path: readonly SchemaTree[]): Leaf {
  const element = (path.at(-1) as SchemaTree).element;
  const start = Number(column.dictionary_page_offset || column.data_page_offset);
  const cursor = { bytes: bytes.subarray(start, start + Number(column.total_compressed_size)), at: 0 };
  let dictionary: readonly Value[] | undefined;
  const pages: Leaf[] = [];
  for (let seen = 0; seen < column.num_values; ) {
    const header = readThriftStruct(cursor);
    const page = { bytes: pageBytes(cursor, header, column.codec), at: 0 };
    if (header[1] === DICTIONARY_PAGE) {
      dictionary = readPlainValues(page, element, Number((header[7] as ThriftStruct)[1]));
    } else if (header[1] === DATA_PAGE) {
      const { 1: count, 2: encoding } = header[5] as ThriftStruct;
      const read = readDataPage(page, path, Number(count), encoding, dictionary);
      pages.push(read);
      seen += read.definitions.length;
    } else throw new Error(`a page of type ${header[1]}`);
  }
  return pages.length === 1 ? (pages[0] as Leaf) : joined(pages, definitionLevel(path));
}

function pageBytes(cursor: Cursor, header: ThriftStruct, codec: string): Uint8Array {
  const [size, compressedSize] = [Number(header[2]), Number(header[3])];
  const compressed = cursor.bytes.subarray(cursor.at, cursor.at + compressedSize);
  cursor.at += compressedSize;
  if (codec === 'UNCOMPRESSED') return compressed;
  if (codec !== 'SNAPPY') throw new Error(`the codec ${codec}`);
  const plain = new Uint8Array(size);
  snappyUncompress(compressed, plain);
  return plain;
}

function readDataPage(
  page: Cursor,
  path: readonly SchemaTree[],
  count: number,
  encoding: unknown,
  dictionary: readonly Value[] | undefined,
): Leaf {
  const element = (path.at(-1) as SchemaTree).element;
  const maxDefinition = definitionLevel(path);
  const maxRepetition = path.filter(isRepeated).length;
  const repetitions = readLevels(page, maxRepetition, count);
  const definitions = readLevels(page, maxDefinition, count);
  const present = definitions.reduce((sum, level) => (level === maxDefinition ? sum + 1 : sum), 0);
  const values = readValues(page, element, present, encoding, dictionary);
  return { definitions, repetitions, maxDefinition, values };
}

/** A length of 4 bytes, then the levels; nothing where there can be but one level. */
function readLevels(page: Cursor, max: number, count: number): Uint8Array {
  const levels = new Uint8Array(count);
  if (max === 0) return levels;
  const view = new DataView(page.bytes.buffer, page.bytes.byteOffset, page.bytes.byteLength);
  const end = page.at + 4 + view.getUint32(page.at, true);
  readRleHybrid({ bytes: page.bytes.subarray(0, end), at: page.at + 4 }, 32 - Math.clz32(max), levels);
  page.at = end;
  return levels;
}

function readValues(
  page: Cursor,
  element: SchemaElement,
  count: number,
  encoding: unknown,
  dictionary: readonly Value[] | undefined,
): readonly Value[] {
  if (count === 0) return [];
  if (encoding === PLAIN) return readPlainValues(page, element, count);
  if (!DICTIONARY_ENCODINGS.has(encoding) || dictionary === undefined)
    throw new Error(`the encoding ${encoding}`);
  const indexes = new Int32Array(count);
  const width = page.bytes[page.at++] as number;
  readRleHybrid(page, width, indexes);
  return Array.from(indexes, (index) => {
    const value = dictionary[index];
    if (value === undefined) throw new RangeError('a value that is not in the dictionary');
    return value;
  });
}

function joined(pages: readonly Leaf[], maxDefinition: number): Leaf {
  return {
    definitions: Buffer.concat(pages.map(({ definitions }) => definitions)),
    repetitions: Buffer.concat(pages.map(({ repetitions }) => repetitions)),
    maxDefinition,
    values: pages.flatMap(({ values }) => values),
  };
}

/** The definition level of a value at the end of a path that begins with the root. */
export function definitionLevel(path: readonly SchemaTree[]): number {
  return path.slice(1).filter(({ element }) => element.repetition_type !== 'REQUIRED').length;
}

function isRepeated({ element }: SchemaTree): boolean {
  return element.repetition_type === 'REPEATED';
}
