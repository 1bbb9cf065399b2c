/**
 * Reads a segment back. A torn tail (crash) is cut at the first incomplete record; damage in the middle costs the
 * records it hits and no others: the reader looks for the next marker whose checksum holds. Memory is bounded by two
 * chunks and the longest record. Design: one segment, one commit a table.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { LakeError } from '../../base/errors.ts';
import { BufferedFileReader } from './buffered-file-reader.ts';
import type { SpoolRecord } from './record.ts';
import { decodeRecordBody, decodeRecordHeader, isMarkerAt, RECORD_HEADER_BYTES } from './record-codec.ts';
import {
  decodeSegmentHeader,
  MARKER_BYTES,
  SEGMENT_HEADER_BYTES,
  SEGMENT_VERSION,
} from './segment-header.ts';

/** Bytes between two intact records that are no record. */
export interface DamagedRecord {
  readonly damaged: true;
  /** Where in the file, and how long. */
  readonly offset: number;
  readonly length: number;
  /** The first bytes of it, at most 4 KiB. */
  readonly bytes: Uint8Array;
}

export type SegmentItem = SpoolRecord | DamagedRecord;

const KEPT_DAMAGE_BYTES = 4096;

/**
 * The records of the segment file at `path`, in the order they were appended, with what is damaged between them: as many
 * at a time as were read at a time, since waiting for each one would take longer than reading it. Their payloads are good
 * until the next ones are asked for.
 *
 * @throws LakeError SPOOL_DAMAGED when neither the file's header nor its first record is intact, SPOOL_NEWER when a newer
 *   version of the program wrote it.
 */
export async function* readSegment(path: string): AsyncGenerator<readonly SegmentItem[], void> {
  const file = await open(path, 'r');
  try {
    yield* readRecords(file, path);
  } finally {
    await file.close();
  }
}

async function* readRecords(file: FileHandle, path: string): AsyncGenerator<readonly SegmentItem[], void> {
  const { size } = await file.stat();
  const window = new BufferedFileReader(file);
  if (!(await window.load(0, SEGMENT_HEADER_BYTES + RECORD_HEADER_BYTES))) return;
  const marker = markerOf(window.buffer, path);
  let offset = SEGMENT_HEADER_BYTES;
  let damagedFrom: number | undefined;
  let items: SegmentItem[] = [];

  while (size - offset >= RECORD_HEADER_BYTES) {
    if (!window.has(offset, RECORD_HEADER_BYTES)) {
      yield items;
      items = [];
      await window.loadOver(offset, RECORD_HEADER_BYTES);
    }
    const header = decodeRecordHeader(window.buffer, offset - window.start, marker);
    if (header === undefined) {
      damagedFrom ??= offset;
      offset = await findMarker(window, offset + 1, size, marker);
      continue;
    }
    const length = RECORD_HEADER_BYTES + header.connectionLength + header.payloadLength;
    if (offset + length > size) break;
    if (!window.has(offset, length)) await window.load(offset, length);
    const record = decodeRecordBody(window.buffer, offset - window.start, header);
    if (record === undefined) {
      damagedFrom ??= offset;
      const follows = await doesMarkerFollow(window, offset + length, size, marker);
      offset = follows ? offset + length : await findMarker(window, offset + 1, size, marker);
      continue;
    }
    if (damagedFrom !== undefined)
      items.push(damagedRecord(await readStart(file, damagedFrom, offset), damagedFrom, offset));
    damagedFrom = undefined;
    items.push(record);
    offset += length;
  }
  if (damagedFrom !== undefined && !(await isZero(window, damagedFrom, size))) {
    // What is too short for a record behind damage belongs to it: its marker may be one of a damaged record's payload.
    const end = size - offset < RECORD_HEADER_BYTES ? size : offset;
    items.push(damagedRecord(await readStart(file, damagedFrom, end), damagedFrom, end));
  }
  yield items;
}

function damagedRecord(bytes: Uint8Array, offset: number, end: number): DamagedRecord {
  return { damaged: true, offset, length: end - offset, bytes };
}

async function readStart(file: FileHandle, offset: number, end: number): Promise<Uint8Array> {
  const bytes = Buffer.alloc(Math.min(end - offset, KEPT_DAMAGE_BYTES));
  const { bytesRead } = await file.read(bytes, 0, bytes.length, offset);
  return bytes.subarray(0, bytesRead);
}

/** From the header; from the first record when the header is damaged, since every record begins with the marker. */
function markerOf(start: Buffer, path: string): Buffer {
  const header = decodeSegmentHeader(start);
  if (header !== undefined) {
    if (header.version === SEGMENT_VERSION) return header.marker;
    throw new LakeError('SPOOL_NEWER', `spool segment ${path} has the unknown format ${header.version}`, {
      hint: 'a newer crypto-lake wrote it: run that version again; what comes meanwhile waits in the spool',
    });
  }
  const marker = Buffer.from(start.subarray(SEGMENT_HEADER_BYTES, SEGMENT_HEADER_BYTES + MARKER_BYTES));
  if (decodeRecordHeader(start, SEGMENT_HEADER_BYTES, marker) !== undefined) return marker;
  throw new LakeError('SPOOL_DAMAGED', `spool segment ${path} cannot be read: its beginning is damaged`, {
    hint: 'a collector sets it aside as `….segment.damaged` and goes on; check the disk',
  });
}

/** The offset of the next marker at or after `from`, or `size`. */
async function findMarker(
  window: BufferedFileReader,
  from: number,
  size: number,
  marker: Buffer,
): Promise<number> {
  let offset = from;
  while (size - offset >= RECORD_HEADER_BYTES) {
    if (!window.has(offset, RECORD_HEADER_BYTES)) await window.load(offset, RECORD_HEADER_BYTES);
    const found = window.buffer.indexOf(marker, offset - window.start);
    if (found >= 0) return window.start + found;
    offset = window.start + window.buffer.length - MARKER_BYTES + 1;
  }
  return size;
}

/** Whether a record, or the end of the file, is where the record before it says. */
async function doesMarkerFollow(
  window: BufferedFileReader,
  offset: number,
  size: number,
  marker: Buffer,
): Promise<boolean> {
  if (size - offset < MARKER_BYTES) return true;
  if (!window.has(offset, MARKER_BYTES)) await window.load(offset, MARKER_BYTES);
  return isMarkerAt(window.buffer, offset - window.start, marker);
}

/** A power loss may leave a tail of zeros: room that was given to the file, never data. */
async function isZero(window: BufferedFileReader, from: number, size: number): Promise<boolean> {
  for (let offset = from; offset < size; offset = window.start + window.buffer.length) {
    await window.load(offset, 1);
    if (window.buffer.length === 0 || window.buffer.some((byte) => byte !== 0))
      return window.buffer.length === 0;
  }
  return true;
}
