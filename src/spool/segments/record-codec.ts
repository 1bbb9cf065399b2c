/**
 * One record in a segment file (little endian):
 *
 *     0  8  the segment's marker
 *     8  4  CRC-32 of bytes 12 to 31: the record's frame is right, so its length can be trusted
 *    12  4  CRC-32 of connection and payload
 *    16  4  payload length
 *    20  1  kind
 *    21  1  connection length
 *    22  2  zero
 *    24  8  received at, microseconds since the epoch
 *    32     connection (UTF-8), payload
 *
 * Two checksums: a damaged payload is then stepped over exactly, and a damaged length is never believed.
 */
import { crc32 } from 'node:zlib';
import { LakeError } from '../../base/errors.ts';
import type { RecordKind, SpoolRecord } from './record.ts';
import { shortCrc32 } from './short-crc32.ts';

export const RECORD_HEADER_BYTES = 32;
export const MAX_PAYLOAD_BYTES = 64 * 1024 * 1024;

const KIND_CODES: Readonly<Record<RecordKind, number>> = { frame: 1, binary: 2, response: 3, event: 4 };
const KINDS: ReadonlyArray<RecordKind | undefined> = [undefined, 'frame', 'binary', 'response', 'event'];
const TWO_32 = 2 ** 32;

/** Connections are a handful of slot names: their bytes are kept. */
const connectionBytes = new Map<string, Buffer>();
const MAX_KNOWN_CONNECTIONS = 64;
/** Of the record that was read last. */
let lastBytes = Buffer.alloc(0);
let lastConnection = '';

export interface RecordHeader {
  readonly kind: RecordKind;
  readonly receivedAtUs: number;
  readonly connectionLength: number;
  readonly payloadLength: number;
  readonly bodyCrc: number;
}

export function encodedLength(record: SpoolRecord): number {
  return RECORD_HEADER_BYTES + bytesOf(record.connection).length + record.payload.length;
}

/** A record as it stands in the segment with this marker. */
export function encodeRecord(record: SpoolRecord, marker: Buffer): Buffer {
  const target = Buffer.allocUnsafe(encodedLength(record));
  encodeRecordInto(target, 0, record, marker);
  return target;
}

/** Writes a record at `at`, where there must be room for it, and returns the offset after it. */
export function encodeRecordInto(target: Buffer, at: number, record: SpoolRecord, marker: Buffer): number {
  const connection = bytesOf(record.connection);
  const { payload, receivedAtUs } = record;
  if (connection.length > 255) throw new LakeError('INTERNAL', 'a connection name is over 255 bytes long');
  if (payload.length > MAX_PAYLOAD_BYTES) throw new LakeError('INTERNAL', 'a record is over 64 MiB long');
  const bodyAt = at + RECORD_HEADER_BYTES;
  const end = bodyAt + connection.length + payload.length;
  target.set(marker, at);
  target.set(connection, bodyAt);
  target.set(payload, bodyAt + connection.length);
  target.writeUInt32LE(crc32(target.subarray(bodyAt, end)), at + 12);
  target.writeUInt32LE(payload.length, at + 16);
  target.writeUInt32LE(KIND_CODES[record.kind] | (connection.length << 8), at + 20);
  target.writeUInt32LE(receivedAtUs % TWO_32, at + 24);
  target.writeInt32LE(Math.floor(receivedAtUs / TWO_32), at + 28);
  target.writeUInt32LE(shortCrc32(target, at + 12, bodyAt), at + 8);
  return end;
}

/** Reads the header at `at`, where there must be enough bytes. @returns undefined when it is not intact. */
export function decodeRecordHeader(source: Buffer, at: number, marker: Buffer): RecordHeader | undefined {
  if (!isMarkerAt(source, at, marker)) return undefined;
  if (source.readUInt32LE(at + 8) !== shortCrc32(source, at + 12, at + RECORD_HEADER_BYTES)) return undefined;
  const kind = KINDS[source.readUInt8(at + 20)];
  const payloadLength = source.readUInt32LE(at + 16);
  if (kind === undefined || payloadLength > MAX_PAYLOAD_BYTES) return undefined;
  return {
    kind,
    payloadLength,
    connectionLength: source.readUInt8(at + 21),
    bodyCrc: source.readUInt32LE(at + 12),
    receivedAtUs: source.readInt32LE(at + 28) * TWO_32 + source.readUInt32LE(at + 24),
  };
}

/** Whether the segment's marker stands at `at`, where there must be enough bytes. */
export function isMarkerAt(source: Buffer, at: number, marker: Buffer): boolean {
  return (
    source.readUInt32LE(at) === marker.readUInt32LE(0) &&
    source.readUInt32LE(at + 4) === marker.readUInt32LE(4)
  );
}

/** Reads the body that follows `header` at `at`; the payload is a view. @returns undefined when it is not intact. */
export function decodeRecordBody(source: Buffer, at: number, header: RecordHeader): SpoolRecord | undefined {
  const bodyAt = at + RECORD_HEADER_BYTES;
  const payloadAt = bodyAt + header.connectionLength;
  const end = payloadAt + header.payloadLength;
  if (crc32(source.subarray(bodyAt, end)) !== header.bodyCrc) return undefined;
  return {
    kind: header.kind,
    receivedAtUs: header.receivedAtUs,
    connection: connectionAt(source, bodyAt, payloadAt),
    payload: source.subarray(payloadAt, end),
  };
}

/** Mostly the one of the record before: comparing a few bytes costs less than a text. */
function connectionAt(source: Buffer, from: number, end: number): string {
  let isSame = end - from === lastBytes.length;
  for (let i = 0; isSame && i < lastBytes.length; i++) isSame = source[from + i] === lastBytes[i];
  if (!isSame) {
    lastBytes = Buffer.from(source.subarray(from, end));
    lastConnection = lastBytes.toString();
  }
  return lastConnection;
}

function bytesOf(connection: string): Buffer {
  const known = connectionBytes.get(connection);
  if (known !== undefined) return known;
  const bytes = Buffer.from(connection, 'utf8');
  if (connectionBytes.size < MAX_KNOWN_CONNECTIONS) connectionBytes.set(connection, bytes);
  return bytes;
}
