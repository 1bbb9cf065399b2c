/** Levels and dictionary indexes: runs of one number, and numbers packed bit by bit. Source: Parquet format, "Encodings". */
import { type Cursor, readVarint } from './thrift-struct.ts';

/**
 * Fills `into` from where the cursor stands.
 * @param width bits of a number, at most 24.
 * @throws RangeError when the bytes end too early, or a number is wider than said.
 */
export function readRleHybrid(cursor: Cursor, width: number, into: Uint8Array | Int32Array): void {
  if (width > 24) throw new RangeError(`numbers of ${width} bits`);
  const { bytes } = cursor;
  for (let filled = 0; filled < into.length; ) {
    const head = readVarint(cursor);
    if ((head & 1) === 0) {
      let value = 0;
      for (let shift = 0; shift < width; shift += 8) value |= byteAt(bytes, cursor.at++) << shift;
      const end = Math.min(into.length, filled + (head >>> 1));
      into.fill(value, filled, end);
      filled = end;
    } else {
      const end = Math.min(into.length, filled + (head >>> 1) * 8);
      filled = unpack(bytes, cursor.at, width, into, filled, end);
      cursor.at += (head >>> 1) * width;
    }
  }
}

function unpack(
  bytes: Uint8Array,
  from: number,
  width: number,
  into: Uint8Array | Int32Array,
  start: number,
  end: number,
): number {
  const mask = 2 ** width - 1;
  let [at, buffered, bits] = [from, 0, 0];
  for (let index = start; index < end; index++) {
    for (; bits < width; bits += 8) buffered |= byteAt(bytes, at++) << bits;
    into[index] = buffered & mask;
    buffered >>>= width;
    bits -= width;
  }
  return end;
}

function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw new RangeError('the bytes end too early');
  return byte;
}
