/** One column of a result as Arrow data: integers, decimals, days and microseconds to the last digit. */
import {
  DuckDBDateValue,
  type DuckDBDecimalType,
  DuckDBDecimalValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBType,
  DuckDBTypeId,
  type DuckDBValue,
} from '@duckdb/node-api';
import {
  Bool,
  type Data,
  type DataType,
  DateDay,
  Decimal,
  Float64,
  Int32,
  Int64,
  makeData,
  TimestampMicrosecond,
  Uint64,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import { toJson } from './cell.ts';
import { toText } from './json-value.ts';

/** The widest integers of DuckDB (sums of integers are such) have 38 digits or more. */
const HUGE_DIGITS = 38;

/** Types that Arrow readers know least about become text. */
export function arrowType(type: DuckDBType | undefined): DataType {
  switch (type?.typeId) {
    case DuckDBTypeId.BIGINT:
    case DuckDBTypeId.UINTEGER:
      return new Int64();
    case DuckDBTypeId.UBIGINT:
      return new Uint64();
    case DuckDBTypeId.HUGEINT:
      return new Decimal(0, HUGE_DIGITS);
    case DuckDBTypeId.DECIMAL:
      return decimal(type as DuckDBDecimalType);
    case DuckDBTypeId.INTEGER:
    case DuckDBTypeId.SMALLINT:
    case DuckDBTypeId.TINYINT:
    case DuckDBTypeId.USMALLINT:
    case DuckDBTypeId.UTINYINT:
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

function decimal({ scale, width }: DuckDBDecimalType): Decimal {
  return new Decimal(scale, width);
}

export function arrowColumn(type: DataType, values: readonly DuckDBValue[]): Data {
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
    if (words === 2) array[row * words + 1] = (BigInt(number) >> 64n) as never;
  }
  const data = type instanceof Decimal ? new Uint32Array(array.buffer) : array;
  return makeData({ type: type as never, length, nullCount, nullBitmap, data: data as never });
}

function emptyArray(type: DataType, length: number) {
  if (type instanceof Float64) return new Float64Array(length);
  if (type instanceof Int32 || type instanceof DateDay) return new Int32Array(length);
  return type instanceof Uint64 ? new BigUint64Array(length) : new BigInt64Array(length);
}

function numberOf(value: DuckDBValue): number | bigint {
  if (value instanceof DuckDBTimestampTZValue || value instanceof DuckDBTimestampValue) return value.micros;
  if (value instanceof DuckDBDateValue) return value.days;
  return value instanceof DuckDBDecimalValue ? value.value : (value as number | bigint);
}
