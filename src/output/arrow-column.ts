/** One column of a result as Arrow data: every number, day and time to the last digit, in the type that it has. */
import {
  type DuckDBBlobValue,
  DuckDBDateValue,
  type DuckDBDecimalType,
  DuckDBDecimalValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTimeValue,
  type DuckDBType,
  DuckDBTypeId,
  type DuckDBValue,
} from '@duckdb/node-api';
import {
  Binary,
  Bool,
  type Data,
  type DataType,
  DateDay,
  Decimal,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  makeData,
  TimeMicrosecond,
  TimestampMicrosecond,
  TimestampMillisecond,
  TimestampNanosecond,
  TimestampSecond,
  Uint8,
  Uint16,
  Uint32,
  Uint64,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import { toJson } from './cell.ts';
import { toText } from './json-value.ts';
import { MAX_DIGITS, tooManyDigits } from './widest-decimal.ts';

const TOO_WIDE = 10n ** BigInt(MAX_DIGITS);

const TYPES: Readonly<Partial<Record<DuckDBTypeId, () => DataType>>> = {
  [DuckDBTypeId.BOOLEAN]: () => new Bool(),
  [DuckDBTypeId.TINYINT]: () => new Int8(),
  [DuckDBTypeId.SMALLINT]: () => new Int16(),
  [DuckDBTypeId.INTEGER]: () => new Int32(),
  [DuckDBTypeId.BIGINT]: () => new Int64(),
  [DuckDBTypeId.UTINYINT]: () => new Uint8(),
  [DuckDBTypeId.USMALLINT]: () => new Uint16(),
  [DuckDBTypeId.UINTEGER]: () => new Uint32(),
  [DuckDBTypeId.UBIGINT]: () => new Uint64(),
  [DuckDBTypeId.HUGEINT]: () => new Decimal(0, MAX_DIGITS),
  [DuckDBTypeId.UHUGEINT]: () => new Decimal(0, MAX_DIGITS),
  [DuckDBTypeId.FLOAT]: () => new Float32(),
  [DuckDBTypeId.DOUBLE]: () => new Float64(),
  [DuckDBTypeId.DATE]: () => new DateDay(),
  [DuckDBTypeId.TIME]: () => new TimeMicrosecond(),
  [DuckDBTypeId.TIMESTAMP_TZ]: () => new TimestampMicrosecond('UTC'),
  [DuckDBTypeId.TIMESTAMP]: () => new TimestampMicrosecond(),
  [DuckDBTypeId.TIMESTAMP_S]: () => new TimestampSecond(),
  [DuckDBTypeId.TIMESTAMP_MS]: () => new TimestampMillisecond(),
  [DuckDBTypeId.TIMESTAMP_NS]: () => new TimestampNanosecond(),
  [DuckDBTypeId.BLOB]: () => new Binary(),
};

/** Types that Arrow readers know least about become text. */
export function arrowType(type: DuckDBType | undefined): DataType {
  if (type?.typeId === DuckDBTypeId.DECIMAL) {
    const { scale, width } = type as DuckDBDecimalType;
    return new Decimal(scale, width);
  }
  return (type && TYPES[type.typeId]?.()) ?? new Utf8();
}

/** @throws LakeError QUERY_FAILED for an integer of more digits than Arrow has. */
export function arrowColumn(type: DataType, values: readonly DuckDBValue[]): Data {
  if (type instanceof Utf8)
    return vectorData(
      type,
      values.map((value) => (value === null ? null : toText(toJson(value)))),
    );
  if (type instanceof Bool) return vectorData(type, values);
  if (type instanceof Binary)
    return vectorData(
      type,
      values.map((value) => (value === null ? null : (value as DuckDBBlobValue).bytes)),
    );
  const length = values.length;
  const nullBitmap = new Uint8Array(Math.ceil(length / 8));
  let nullCount = 0;
  const words = type instanceof Decimal ? 2 : 1;
  const array = emptyArray(type, length * words);
  for (const [row, value] of values.entries()) {
    if (value === null) {
      nullCount++;
      continue;
    }
    nullBitmap[row >> 3] = (nullBitmap[row >> 3] ?? 0) | (1 << (row & 7));
    const number = numberOf(value);
    array[row * words] = number as never;
    if (words === 2) array[row * words + 1] = highWord(BigInt(number)) as never;
  }
  const data = type instanceof Decimal ? new Uint32Array(array.buffer) : array;
  return makeData({ type: type as never, length, nullCount, nullBitmap, data: data as never });
}

function vectorData(type: DataType, values: readonly unknown[]): Data {
  const [data] = vectorFromArray(values as never[], type as never).data;
  if (data === undefined) throw new TypeError('an Arrow vector without data');
  return data;
}

function highWord(number: bigint): bigint {
  if (number < TOO_WIDE && number > -TOO_WIDE) return number >> 64n;
  throw tooManyDigits(number);
}

function emptyArray(type: DataType, length: number) {
  if (type instanceof Float64) return new Float64Array(length);
  if (type instanceof Float32) return new Float32Array(length);
  if (type instanceof Int8) return new Int8Array(length);
  if (type instanceof Int16) return new Int16Array(length);
  if (type instanceof Int32 || type instanceof DateDay) return new Int32Array(length);
  if (type instanceof Uint8) return new Uint8Array(length);
  if (type instanceof Uint16) return new Uint16Array(length);
  if (type instanceof Uint32) return new Uint32Array(length);
  return type instanceof Uint64 ? new BigUint64Array(length) : new BigInt64Array(length);
}

function numberOf(value: DuckDBValue): number | bigint {
  if (value instanceof DuckDBTimestampTZValue || value instanceof DuckDBTimestampValue) return value.micros;
  if (value instanceof DuckDBDateValue) return value.days;
  if (value instanceof DuckDBTimeValue) return value.micros;
  if (value instanceof DuckDBTimestampSecondsValue) return value.seconds;
  if (value instanceof DuckDBTimestampMillisecondsValue) return value.millis;
  if (value instanceof DuckDBTimestampNanosecondsValue) return value.nanos;
  return value instanceof DuckDBDecimalValue ? value.value : (value as number | bigint);
}
