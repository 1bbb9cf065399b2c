/**
 * Structs of Thrift's compact protocol, as footers of Parquet files and headers of their pages are. Source: Apache Thrift, "Compact protocol".
 */
export interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

/** Bytes are a view of what was read. Of numbers, those of up to 32 bits are exact. */
export type ThriftValue = number | boolean | Uint8Array | ThriftStruct | readonly ThriftValue[];

/** Fields by their number. */
export interface ThriftStruct {
  readonly [field: number]: ThriftValue | undefined;
}

/** @throws RangeError when the bytes end before the struct does, Error for a type that nothing of Parquet has. */
export function readThriftStruct(cursor: Cursor): ThriftStruct {
  const fields: Record<number, ThriftValue> = {};
  for (let field = 0; ; ) {
    const head = nextByte(cursor);
    if (head === 0) return fields;
    field = head >> 4 === 0 ? zigzag(readVarint(cursor)) : field + (head >> 4);
    fields[field] = readValue(cursor, head & 15);
  }
}

function readValue(cursor: Cursor, type: number): ThriftValue {
  switch (type) {
    case 1:
    case 2:
      return type === 1;
    case 3:
      return (nextByte(cursor) << 24) >> 24;
    case 4:
    case 5:
    case 6:
      return zigzag(readVarint(cursor));
    case 8: {
      const length = readVarint(cursor);
      cursor.at += length;
      if (cursor.at > cursor.bytes.length) throw new RangeError('the bytes end too early');
      return cursor.bytes.subarray(cursor.at - length, cursor.at);
    }
    case 9: {
      const head = nextByte(cursor);
      const length = head >> 4 === 15 ? readVarint(cursor) : head >> 4;
      const values: ThriftValue[] = [];
      for (let n = 0; n < length; n++) values.push(readValue(cursor, head & 15));
      return values;
    }
    case 12:
      return readThriftStruct(cursor);
    default:
      throw new Error(`a field of type ${type}`);
  }
}

/** An unsigned LEB128 number; what is beyond 32 bits is lost. */
export function readVarint(cursor: Cursor): number {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = nextByte(cursor);
    if (shift < 32) value |= (byte & 127) << shift;
    if (byte < 128) return value >>> 0;
  }
}

function zigzag(value: number): number {
  return (value >>> 1) ^ -(value & 1);
}

function nextByte(cursor: Cursor): number {
  const byte = cursor.bytes[cursor.at++];
  if (byte === undefined) throw new RangeError('the bytes end too early');
  return byte;
}
