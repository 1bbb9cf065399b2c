/**
 * The one place where Polars frames are made: exactly the table's types, whatever the values. The columns go over as one
 * Arrow buffer: a `pl.Series` a column would cost more than writing the Parquet file (0.6 ms each, whatever its length),
 * and turns arrays of bigint into NULL and drops the zone of dates in nodejs-polars 0.24.
 */
import {
  Bool,
  type Data,
  Field,
  Float64,
  Int64,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
  TimestampMicrosecond,
  Utf8,
} from 'apache-arrow';
import pl from 'nodejs-polars';
import type { ColumnType, LakeTable } from '../../lake/table.ts';
import { arrowStream } from './arrow-stream.ts';
import { type Column, NumberColumn, type TextColumn } from './column-builder.ts';
import type { Columns } from './table-batch.ts';

export type Frame = pl.DataFrame;

/** A frame with the table's columns in order, without the partition column (Delta keeps that in the log). */
export function columnsToFrame(table: LakeTable, columns: Columns): Frame {
  const fields: Field[] = [];
  const children: Data[] = [];
  for (const [name, type] of Object.entries(table.columns)) {
    const column = columns.byName[name];
    if (column === undefined) continue;
    const data = toData(name, type, column);
    fields.push(new Field(name, data.type, true));
    children.push(data);
  }
  const struct = makeData({ type: new Struct(fields), length: columns.rowCount, nullCount: 0, children });
  return pl.readIPCStream(arrowStream(new Table([new RecordBatch(new Schema(fields), struct)])));
}

function toData(name: string, type: ColumnType, column: Column): Data {
  if (!(column instanceof NumberColumn)) return textData(column);
  const { values, nulls } = column;
  const rows = {
    length: values.length,
    nullCount: nulls.length,
    nullBitmap: bitmapWithout(nulls, values.length),
  };
  switch (type) {
    case 'double':
      return makeData({ type: new Float64(), ...rows, data: values });
    case 'long':
      return makeData({ type: new Int64(), ...rows, data: toInt64(values) });
    case 'timestamp':
      return makeData({ type: new TimestampMicrosecond('UTC'), ...rows, data: toInt64(values) });
    case 'boolean':
      return makeData({ type: new Bool(), ...rows, data: bitsOf(values) });
    default:
      throw new TypeError(`${name}: a ${type} column does not hold numbers`);
  }
}

/** A bit a row, the lowest first. */
function bitsOf(values: Float64Array): Uint8Array {
  const bits = new Uint8Array(Math.ceil(values.length / 8));
  for (let row = 0; row < values.length; row++)
    if (values[row] !== 0) bits[row >> 3] = (bits[row >> 3] ?? 0) | (1 << (row & 7));
  return bits;
}

/** Every integer of ours is below 2^53, so that a double holds it exactly; its halves cost less than a bigint each. */
function toInt64(values: Float64Array): BigInt64Array {
  const halves = new Uint32Array(values.length * 2);
  for (let row = 0; row < values.length; row++) {
    const value = values[row] ?? 0;
    const high = Math.floor(value / 2 ** 32);
    // A remainder would cost more than all else.
    halves[row * 2] = value - high * 2 ** 32;
    halves[row * 2 + 1] = high;
  }
  return new BigInt64Array(halves.buffer);
}

/** Texts that repeat are encoded once. */
function textData({ distinct, indexes, nullCount }: TextColumn): Data<Utf8> {
  const encoded = distinct.map((text) => Buffer.from(text ?? ''));
  const [word] = encoded;
  return encoded.length === 1 && nullCount === 0 && word !== undefined
    ? oneWord(word, indexes.length)
    : manyWords(distinct, encoded, indexes, nullCount);
}

/** Most text columns of a batch. */
function oneWord(word: Buffer, length: number): Data<Utf8> {
  const valueOffsets = new Int32Array(length + 1);
  for (let row = 0, end = 0; row <= length; row++, end += word.length) valueOffsets[row] = end;
  const size = word.length * length;
  const data = size === 0 ? new Uint8Array(0) : Buffer.allocUnsafeSlow(size).fill(word);
  return makeData({ type: new Utf8(), length, nullCount: 0, nullBitmap: null, valueOffsets, data });
}

function manyWords(
  distinct: TextColumn['distinct'],
  encoded: readonly Buffer[],
  indexes: Uint32Array,
  nullCount: number,
): Data<Utf8> {
  const { length } = indexes;
  const sizes = Int32Array.from(encoded, (text) => text.length);
  const valueOffsets = new Int32Array(length + 1);
  const nulls: number[] = [];
  let size = 0;
  for (let row = 0; row < length; row++) {
    const index = indexes[row] ?? 0;
    size += sizes[index] ?? 0;
    valueOffsets[row + 1] = size;
    if (nullCount > 0 && distinct[index] === null) nulls.push(row);
  }
  const data = joined(encoded, indexes, size);
  const nullBitmap = bitmapWithout(nulls, length);
  return makeData({ type: new Utf8(), length, nullCount, nullBitmap, valueOffsets, data });
}

/** Words are too short for a copy by the system to be worth its call. */
function joined(words: readonly Buffer[], indexes: Uint32Array, size: number): Uint8Array {
  const data = new Uint8Array(size);
  let at = 0;
  for (let row = 0; row < indexes.length; row++) {
    const word = words[indexes[row] ?? 0];
    if (word === undefined) continue;
    for (let i = 0; i < word.length; i++) data[at++] = word[i] ?? 0;
  }
  return data;
}

/** Arrow's validity bits: one a row, the lowest first, 0 where there is no value. */
function bitmapWithout(nulls: readonly number[], length: number): Uint8Array | null {
  if (nulls.length === 0) return null;
  const bits = new Uint8Array(Math.ceil(length / 8)).fill(0xff);
  for (const row of nulls) bits[row >> 3] = (bits[row >> 3] ?? 0) & ~(1 << (row & 7));
  return bits;
}
