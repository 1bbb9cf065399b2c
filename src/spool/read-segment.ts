/**
 * Reads a segment file. A torn tail (crash) is cut at the first incomplete record; damage in the middle sets aside
 * just the bytes up to the next intact record. Memory is bounded by the largest record.
 */
import { createReadStream } from 'node:fs';
import { LakeError } from '../errors.ts';
import type { SpoolRecord } from './record.ts';
import { decodeRecord, findMagic, HEADER_BYTES, isHeader } from './segment-format.ts';

/** Bytes between two intact records that are no record. */
export interface DamagedRecord {
  readonly damaged: true;
  /** Where in the file. */
  readonly offset: number;
  /** The first bytes of it, at most 4 KiB. */
  readonly bytes: Uint8Array;
}

const CHUNK_BYTES = 2 ** 20;
const KEPT_DAMAGE_BYTES = 4096;

/** @throws LakeError SPOOL_DAMAGED when the file is no segment at all. */
export async function* readSegment(path: string): AsyncGenerator<SpoolRecord | DamagedRecord> {
  let buffered: Buffer = Buffer.alloc(0);
  let offset = 0;
  let damage: { readonly offset: number; bytes: Buffer } | undefined;
  let headerRead = false;
  const skip = (count: number) => {
    if (damage === undefined) damage = { offset, bytes: Buffer.alloc(0) };
    const room = KEPT_DAMAGE_BYTES - damage.bytes.length;
    if (room > 0) damage.bytes = Buffer.concat([damage.bytes, buffered.subarray(0, Math.min(count, room))]);
    buffered = buffered.subarray(count);
    offset += count;
  };

  for await (const chunk of withEnd(createReadStream(path, { highWaterMark: CHUNK_BYTES }))) {
    const atEnd = chunk === undefined;
    if (!atEnd) buffered = buffered.length === 0 ? chunk : Buffer.concat([buffered, chunk]);
    if (!headerRead) {
      if (buffered.length < HEADER_BYTES && !atEnd) continue;
      headerRead = true;
      if (isHeader(buffered)) {
        buffered = buffered.subarray(HEADER_BYTES);
        offset += HEADER_BYTES;
      } else if (buffered.length === 0) return;
      else if (findMagic(buffered, 0) < 0 && atEnd && buffered.length > HEADER_BYTES) throw noSegment(path);
    }
    for (;;) {
      const decoded = decodeRecord(buffered);
      if (decoded.kind === 'record') {
        if (damage !== undefined) {
          yield { damaged: true, offset: damage.offset, bytes: damage.bytes };
          damage = undefined;
        }
        yield decoded.record;
        buffered = buffered.subarray(decoded.length);
        offset += decoded.length;
        continue;
      }
      if (decoded.kind === 'incomplete' && !atEnd) break;
      if (buffered.length === 0) break;
      // Damaged, or incomplete at the end of the file: an intact record may still follow a damaged length.
      const next = findMagic(buffered, 1);
      if (next < 0) {
        if (atEnd) break;
        skip(Math.max(1, buffered.length - 3));
        break;
      }
      skip(next);
    }
  }
  if (damage !== undefined) yield { damaged: true, offset: damage.offset, bytes: damage.bytes };
}

async function* withEnd(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer | undefined> {
  yield* stream;
  yield undefined;
}

function noSegment(path: string): LakeError {
  return new LakeError('SPOOL_DAMAGED', `\`${path}\` is not a spool segment`, {
    hint: 'move the file away; the collector goes on without it',
  });
}
