/**
 * Values of some rows of a column chunk. A page is decompressed whole; of what is in it, only the rows that are wanted are
 * made values. Pages of version 1, plain or with a dictionary, as Polars and DuckDB write them.
 */
import { snappyUncompress } from 'hyparquet';
import type { StoredColumn } from './data-footer.ts';
import { RleRuns } from './rle-runs.ts';
import { type Cursor, readThriftStruct, type ThriftStruct } from './thrift-struct.ts';
import { unzstd } from './zstd.ts';

/** Kinds of pages, encodings and codecs, by their numbers in the format. */
const DATA_PAGE = 0;
const DICTIONARY_PAGE = 2;
const PLAIN = 0;
const DICTIONARY_ENCODINGS: ReadonlySet<unknown> = new Set([2, 8]);
const RLE = 3;
const UNCOMPRESSED = 0;
const SNAPPY = 1;
const ZSTD = 6;
const LARGEST_PAGE_BYTES = 4 * 2 ** 20;

interface Page {
  readonly firstRow: number;
  readonly rows: number;
  /** Where the value of each row is among those of the page, -1 for null; undefined: each row has one. */
  readonly places: Int32Array | undefined;
  /** Where the value is in the dictionary; undefined: the values are here. */
  readonly indexes: RleRuns | undefined;
  readonly values: Values;
}

/** Plain values one behind the other. */
class Values {
  readonly view: DataView;
  readonly #count: number;
  #texts: readonly string[] | undefined;

  constructor({ buffer, byteOffset, byteLength }: Uint8Array, count: number) {
    this.view = new DataView(buffer, byteOffset, byteLength);
    this.#count = count;
  }

  get texts(): readonly string[] {
    this.#texts ??= textsIn(this.view, this.#count);
    return this.#texts;
  }
}

export class StoredValues {
  readonly #pages: readonly Page[];
  readonly #column: StoredColumn;

  /** @param bytes of the chunk. @throws Error for what this reader does not know, or what is damaged. */
  constructor(bytes: Uint8Array, column: StoredColumn, codec: number, rows: number) {
    this.#column = column;
    this.#pages = pagesOf({ bytes, at: 0 }, column, codec, rows);
  }

  /** @returns the rows that have this text, ascending. */
  rowsWith(text: string): number[] {
    const found: number[] = [];
    for (const { firstRow, rows, places, indexes, values } of this.#pages) {
      if (indexes === undefined) {
        const { texts } = values;
        for (let row = 0; row < rows; row++)
          if (texts[places ? (places[row] as number) : row] === text) found.push(firstRow + row);
        continue;
      }
      const index = values.texts.indexOf(text);
      if (index < 0) continue;
      if (places === undefined) for (const row of indexes.placesOf(index, rows)) found.push(firstRow + row);
      else
        for (let row = 0; row < rows; row++) {
          const place = places[row] as number;
          if (place >= 0 && indexes.valueAt(place) === index) found.push(firstRow + row);
        }
    }
    return found;
  }

  /**
   * @param rows ascending. @returns NaN for null.
   * @throws Error for a NaN that is none, and for an integer that a double does not hold.
   */
  numbers(rows: readonly number[]): Float64Array {
    const numbers = new Float64Array(rows.length).fill(Number.NaN);
    const isDouble = this.#column.type === 'double';
    this.#walk(rows, (at, place, { view }) => {
      const value = isDouble ? view.getFloat64(place * 8, true) : longAt(view, place * 8);
      if (isDouble ? Number.isNaN(value) : !Number.isSafeInteger(value))
        throw new Error('a number that stands for another');
      numbers[at] = value;
    });
    return numbers;
  }

  /** @param rows ascending. */
  texts(rows: readonly number[]): (string | null)[] {
    const texts: (string | null)[] = new Array(rows.length).fill(null);
    this.#walk(rows, (at, place, values) => {
      const text = values.texts[place];
      if (text === undefined) throw new RangeError('a value that is not in the dictionary');
      texts[at] = text;
    });
    return texts;
  }

  #walk(rows: readonly number[], take: (at: number, place: number, values: Values) => void): void {
    let next = 0;
    let page = this.#pages[next++];
    for (let at = 0; at < rows.length; at++) {
      const row = rows[at] as number;
      while (page !== undefined && row >= page.firstRow + page.rows) page = this.#pages[next++];
      if (page === undefined) throw new RangeError('a row behind the last page');
      const within = row - page.firstRow;
      const place = page.places ? (page.places[within] as number) : within;
      if (place < 0) continue;
      take(at, page.indexes ? page.indexes.valueAt(place) : place, page.values);
    }
  }
}

function pagesOf(cursor: Cursor, column: StoredColumn, codec: number, rows: number): Page[] {
  const pages: Page[] = [];
  let dictionary: Values | undefined;
  for (let firstRow = 0; firstRow < rows; ) {
    const header = readThriftStruct(cursor);
    const bytes = pageBytes(cursor, header, codec);
    if (header[1] === DICTIONARY_PAGE) {
      dictionary = new Values(bytes, Number((header[7] as ThriftStruct)[1]));
      continue;
    }
    if (header[1] !== DATA_PAGE) throw new Error(`a page of type ${header[1]}`);
    const { 1: count, 2: encoding, 3: levels } = header[5] as ThriftStruct;
    if (column.isOptional && levels !== RLE) throw new Error(`levels in the encoding ${levels}`);
    const page = pageOf(bytes, column, { firstRow, rows: Number(count) }, encoding, dictionary);
    pages.push(page);
    firstRow += page.rows;
  }
  return pages;
}

function pageBytes(cursor: Cursor, { 2: size, 3: compressedSize }: ThriftStruct, codec: number): Uint8Array {
  const compressed = cursor.bytes.subarray(cursor.at, cursor.at + Number(compressedSize));
  cursor.at += Number(compressedSize);
  if (codec === UNCOMPRESSED) return compressed;
  if (Number(size) > LARGEST_PAGE_BYTES) throw new Error('a page that is too large');
  if (codec === ZSTD) return unzstd(compressed, Number(size));
  if (codec !== SNAPPY) throw new Error(`the codec ${codec}`);
  const plain = new Uint8Array(Number(size));
  snappyUncompress(compressed, plain);
  return plain;
}

function pageOf(
  bytes: Uint8Array,
  { isOptional }: StoredColumn,
  { firstRow, rows }: Pick<Page, 'firstRow' | 'rows'>,
  encoding: unknown,
  dictionary: Values | undefined,
): Page {
  const page = { bytes, at: 0 };
  const places = isOptional ? placesOf(page, rows) : undefined;
  const count = places ? places.reduce((most, place) => Math.max(most, place + 1), 0) : rows;
  if (encoding === PLAIN) {
    const values = new Values(bytes.subarray(page.at), count);
    return { firstRow, rows, places, indexes: undefined, values };
  }
  if (!DICTIONARY_ENCODINGS.has(encoding) || dictionary === undefined)
    throw new Error(`the encoding ${encoding}`);
  const indexes = new RleRuns(page, count > 0 ? (page.bytes[page.at++] as number) : 0, count);
  return { firstRow, rows, places, indexes, values: dictionary };
}

/** A length of 4 bytes, then a level for each row: 1 where there is a value. */
function placesOf(page: Cursor, rows: number): Int32Array | undefined {
  const start = page.at + 4;
  page.at = start + new DataView(page.bytes.buffer, page.bytes.byteOffset).getUint32(page.at, true);
  const levels = new RleRuns({ bytes: page.bytes.subarray(0, page.at), at: start }, 1, rows);
  if (levels.areAll(1)) return undefined;
  let place = 0;
  return Int32Array.from({ length: rows }, (_, row) => (levels.valueAt(row) === 1 ? place++ : -1));
}

/** @returns what is no safe integer where the number is none. */
function longAt(view: DataView, at: number): number {
  return view.getInt32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
}

function textsIn(view: DataView, count: number): string[] {
  const bytes = Buffer.from(view.buffer, view.byteOffset, view.byteLength);
  const texts: string[] = [];
  for (let at = 0; texts.length < count; ) {
    const start = at + 4;
    at = start + view.getUint32(at, true);
    if (at > bytes.length) throw new RangeError('a text ends behind its page');
    texts.push(bytes.toString('utf8', start, at));
  }
  return texts;
}
