/**
 * The bytes of a segment file: a header, then records. Every record starts with a magic number, so that a reader finds
 * the next one after damage, and carries a CRC-32 over all that follows it.
 *
 *     header: "CLSPOOL1" | segment number u32
 *     record: magic u32 | body length u32 | CRC-32 of length and body u32 | body
 *     body:   kind u8 | received at, µs, f64 | connection length u8 | connection | payload
 *
 * All numbers are little-endian.
 */
import { crc32 } from 'node:zlib';
import type { RecordKind, SpoolRecord } from './record.ts';

export const HEADER_BYTES = 12;
export const RECORD_HEAD_BYTES = 12;
/** Random; chosen to be no text. */
export const RECORD_MAGIC = 0xd1e7a9c3;
/** A longer record is damage, not data: no payload of an exchange comes near. */
export const MAX_BODY_BYTES = 128 * 2 ** 20;

const HEADER_TEXT = 'CLSPOOL1';
const KINDS: readonly RecordKind[] = ['frame', 'binary', 'response', 'event'];
const BODY_HEAD_BYTES = 10;

export function encodeHeader(segment: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(HEADER_TEXT, 0, 'latin1');
  header.writeUInt32LE(segment, 8);
  return header;
}

export function isHeader(bytes: Buffer): boolean {
  return bytes.length >= HEADER_BYTES && bytes.toString('latin1', 0, 8) === HEADER_TEXT;
}

/** How many bytes a record takes in a segment. */
export function recordBytes({ connection, payload }: SpoolRecord): number {
  return RECORD_HEAD_BYTES + BODY_HEAD_BYTES + Buffer.byteLength(connection) + payload.byteLength;
}

/** Writes a record into `target` at `offset`. @returns the offset behind it. */
export function encodeRecordInto(target: Buffer, offset: number, record: SpoolRecord): number {
  const connectionBytes = Buffer.byteLength(record.connection);
  const bodyStart = offset + RECORD_HEAD_BYTES;
  target.writeUInt8(KINDS.indexOf(record.kind), bodyStart);
  target.writeDoubleLE(record.receivedAtUs, bodyStart + 1);
  target.writeUInt8(connectionBytes, bodyStart + 9);
  target.write(record.connection, bodyStart + BODY_HEAD_BYTES);
  target.set(record.payload, bodyStart + BODY_HEAD_BYTES + connectionBytes);
  const end = bodyStart + BODY_HEAD_BYTES + connectionBytes + record.payload.byteLength;
  target.writeUInt32LE(RECORD_MAGIC, offset);
  target.writeUInt32LE(end - bodyStart, offset + 4);
  target.writeUInt32LE(
    checksum(target.subarray(offset + 4, offset + 8), target.subarray(bodyStart, end)),
    offset + 8,
  );
  return end;
}

/**
 * The record at the start of `bytes`.
 * - `incomplete`: it may go on behind the end of `bytes`; `needed` bytes would tell.
 * - `damaged`: there is no intact record here.
 */
export type Decoded =
  | { readonly kind: 'record'; readonly record: SpoolRecord; readonly length: number }
  | { readonly kind: 'incomplete'; readonly needed: number }
  | { readonly kind: 'damaged' };

export function decodeRecord(bytes: Buffer): Decoded {
  if (bytes.length < RECORD_HEAD_BYTES) return { kind: 'incomplete', needed: RECORD_HEAD_BYTES };
  if (bytes.readUInt32LE(0) !== RECORD_MAGIC) return { kind: 'damaged' };
  const bodyLength = bytes.readUInt32LE(4);
  if (bodyLength < BODY_HEAD_BYTES || bodyLength > MAX_BODY_BYTES) return { kind: 'damaged' };
  const length = RECORD_HEAD_BYTES + bodyLength;
  if (bytes.length < length) return { kind: 'incomplete', needed: length };
  const body = bytes.subarray(RECORD_HEAD_BYTES, length);
  if (checksum(bytes.subarray(4, 8), body) !== bytes.readUInt32LE(8)) return { kind: 'damaged' };
  const kind = KINDS[body.readUInt8(0)];
  const payloadStart = BODY_HEAD_BYTES + body.readUInt8(9);
  if (kind === undefined || payloadStart > body.length) return { kind: 'damaged' };
  const record: SpoolRecord = {
    kind,
    receivedAtUs: body.readDoubleLE(1),
    connection: body.toString('utf8', BODY_HEAD_BYTES, payloadStart),
    payload: body.subarray(payloadStart),
  };
  return { kind: 'record', record, length };
}

/** Where the next record may start behind `from`, or -1. */
export function findMagic(bytes: Buffer, from: number): number {
  return bytes.indexOf(MAGIC_BYTES, from);
}

const MAGIC_BYTES = Buffer.alloc(4);
MAGIC_BYTES.writeUInt32LE(RECORD_MAGIC);

function checksum(length: Buffer, body: Buffer): number {
  return crc32(body, crc32(length));
}
