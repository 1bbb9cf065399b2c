/**
 * The first bytes of a segment file (little endian):
 *
 *     0  8  "CLSPOOL\n"
 *     8  2  format version
 *    10  2  zero
 *    12  4  segment number
 *    16  8  created, microseconds since the epoch
 *    24  8  marker: random bytes with which every record of this file begins
 *    32  4  CRC-32 of the bytes before
 *
 * The marker is random so that nothing from outside can contain it: a reader that lost its place looks for it.
 */
import { crc32 } from 'node:zlib';

export const SEGMENT_HEADER_BYTES = 36;
export const MARKER_BYTES = 8;
export const SEGMENT_VERSION = 1;

const MAGIC = Buffer.from('CLSPOOL\n', 'latin1');

export interface SegmentHeader {
  readonly version: number;
  readonly segment: number;
  readonly createdAtUs: number;
  readonly marker: Buffer;
}

export function encodeSegmentHeader(header: Omit<SegmentHeader, 'version'>): Buffer {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  MAGIC.copy(bytes, 0);
  bytes.writeUInt16LE(SEGMENT_VERSION, 8);
  bytes.writeUInt32LE(header.segment, 12);
  bytes.writeBigInt64LE(BigInt(header.createdAtUs), 16);
  header.marker.copy(bytes, 24);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 32)), 32);
  return bytes;
}

/** @returns undefined when the bytes are not an intact header. */
export function decodeSegmentHeader(bytes: Buffer): SegmentHeader | undefined {
  if (bytes.length < SEGMENT_HEADER_BYTES || !bytes.subarray(0, 8).equals(MAGIC)) return undefined;
  if (bytes.readUInt32LE(32) !== crc32(bytes.subarray(0, 32))) return undefined;
  return {
    version: bytes.readUInt16LE(8),
    segment: bytes.readUInt32LE(12),
    createdAtUs: Number(bytes.readBigInt64LE(16)),
    marker: Buffer.from(bytes.subarray(24, 32)),
  };
}
