/** An Arrow IPC stream, for pandas, Polars and R at the end of a pipe. */
import type { DuckDBType, DuckDBValue } from '@duckdb/node-api';
import {
  Bool,
  type DataType,
  DateDay,
  Field,
  Float64,
  Int32,
  Int64,
  makeData,
  RecordBatch,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  TimestampMicrosecond,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import { DuckDBDateValue, DuckDBTimestampTZValue, DuckDBTimestampValue, DuckDBTypeId } from '../../duckdb.ts';
import { toJson } from './cell.ts';
import { toText } from './json-value.ts';
import type { Sink } from './sink.ts';

export interface ArrowWriter {
  /** @param columns the values of some rows, column by column. */
  batch(columns: readonly (readonly DuckDBValue[])[], rowCount: number): Promise<void>;
  end(): Promise<void>;
}

export function arrowWriter(names: readonly string[], types: readonly DuckDBType[], sink: Sink): ArrowWriter {
  const schema = new Schema(names.map((name, index) => new Field(name, arrowType(types[index]), true)));
  const writer = new RecordBatchStreamWriter();
  writer.reset(undefined, schema);
  const chunks = writer[Symbol.asyncIterator]();
  const finished = drain(chunks, sink);
  return {
    async batch(columns, rowCount) {
      const children = schema.fields.map((field, index) => columnData(field.type, columns[index] ?? []));
      const struct = makeData({ type: new Struct(schema.fields), length: rowCount, nullCount: 0, children });
      writer.write(new RecordBatch(schema, struct));
      await new Promise((resolve) => setImmediate(resolve));
    },
    async end() {
      writer.finish();
      await finished;
    },
  };
}

async function drain(chunks: AsyncIterator<Uint8Array>, sink: Sink): Promise<void> {
  for (;;) {
    const { value, done } = await chunks.next();
    if (done) return;
    await sink.write(value);
  }
}

function arrowType(type: DuckDBType | undefined): DataType {
  switch (type?.typeId) {
    case DuckDBTypeId.BIGINT:
      return new Int64();
    case DuckDBTypeId.INTEGER:
    case DuckDBTypeId.SMALLINT:
    case DuckDBTypeId.TINYINT:
      return new Int32();
    case DuckDBTypeId.DOUBLE:
    case DuckDBTypeId.FLOAT:
      return new Float64();
    case DuckDBTypeId.BOOLEAN:
      return new Bool();
    case DuckDBTypeId.DATE:
      return new DateDay();
    case DuckDBTypeId.TIMESTAMP_TZ:
      return new TimestampMicrosecond('UTC');
    case DuckDBTypeId.TIMESTAMP:
      return new TimestampMicrosecond();
    default:
      return new Utf8();
  }
}

function columnData(type: DataType, values: readonly DuckDBValue[]) {
  if (type instanceof Utf8 || type instanceof Bool) {
    const plain =
      type instanceof Utf8 ? values.map((value) => (value === null ? null : toText(toJson(value)))) : values;
    const [data] = vectorFromArray(plain as never[], type as never).data;
    if (data === undefined) throw new TypeError('an Arrow vector without data');
    return data;
  }
  const length = values.length;
  const nullBitmap = new Uint8Array(Math.ceil(length / 8));
  let nullCount = 0;
  const array =
    type instanceof Int64 || type instanceof TimestampMicrosecond
      ? new BigInt64Array(length)
      : type instanceof Float64
        ? new Float64Array(length)
        : new Int32Array(length);
  for (const [row, value] of values.entries()) {
    if (value === null) nullCount++;
    else {
      nullBitmap[row >> 3] = (nullBitmap[row >> 3] ?? 0) | (1 << (row & 7));
      array[row] = numberOf(value) as never;
    }
  }
  return makeData({ type: type as never, length, nullCount, nullBitmap, data: array as never });
}

function numberOf(value: DuckDBValue): number | bigint {
  if (value instanceof DuckDBTimestampTZValue || value instanceof DuckDBTimestampValue) return value.micros;
  if (value instanceof DuckDBDateValue) return value.days;
  return value as number | bigint;
}
