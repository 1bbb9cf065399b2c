/**
 * Deletion vectors: which rows of a file are deleted, as a 64-bit Roaring bitmap.
 * Source: Delta protocol, "Deletion Vector Format"; Roaring format specification, "64-bit portable".
 */
import { crc32 } from 'node:zlib';
import { LakeError } from '../../base/errors.ts';
import type { AddFile, DeletionVectorDescriptor } from '../log/actions.ts';
import type { TableStore } from '../store/table-store.ts';
import { locateFile } from './file-path.ts';

const MAGIC = 1681511377;
const Z85 = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';
const SERIAL_COOKIE_NO_RUN = 12346;
const SERIAL_COOKIE = 12347;
const NO_OFFSET_THRESHOLD = 4;

/** @returns the deleted positions, ascending. @throws LakeError TABLE_DAMAGED, TABLE_UNSUPPORTED. */
export async function readDeletionVector(
  store: TableStore,
  { deletionVector, path }: AddFile,
): Promise<number[]> {
  if (deletionVector === undefined) return [];
  try {
    const bitmap = await bitmapBytes(store, deletionVector);
    if (bitmap.readUInt32LE(0) !== MAGIC) throw damaged(path, 'it has no Roaring bitmap');
    const positions = decodeRoaring64(bitmap.subarray(4));
    if (BigInt(positions.length) !== BigInt(deletionVector.cardinality))
      throw damaged(path, 'its cardinality does not agree');
    return positions;
  } catch (error) {
    // What reaches beyond the end of its bytes.
    throw error instanceof RangeError ? damaged(path, 'it is cut short') : error;
  }
}

async function bitmapBytes(store: TableStore, dv: DeletionVectorDescriptor): Promise<Buffer> {
  if (dv.storageType === 'i') return decodeZ85(dv.pathOrInlineDv).subarray(0, dv.sizeInBytes);
  const name =
    dv.storageType === 'u' ? relativeName(dv.pathOrInlineDv) : nameOfAbsolute(store, dv.pathOrInlineDv);
  const file = await store.read(name);
  if (file === undefined) throw damaged(name, 'the file is missing');
  const bytes = Buffer.from(file);
  const start = dv.offset ?? 1;
  const size = bytes.readUInt32BE(start);
  const data = bytes.subarray(start + 4, start + 4 + size);
  if (size !== dv.sizeInBytes || crc32(data) !== bytes.readUInt32BE(start + 4 + size))
    throw damaged(name, 'its checksum does not agree');
  return data;
}

/** A random prefix, then 20 characters of Z85 that are a UUID. */
function relativeName(text: string): string {
  const hex = decodeZ85(text.slice(-20)).toString('hex');
  const uuid = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join(
    '-',
  );
  const prefix = text.slice(0, -20);
  return `${prefix ? `${prefix}/` : ''}deletion_vector_${uuid}.bin`;
}

function nameOfAbsolute(store: TableStore, path: string): string {
  const location = locateFile(path);
  if (location.kind === 'relative') return location.name;
  if (location.path.startsWith(`${store.location}/`)) return location.path.slice(store.location.length + 1);
  throw new LakeError('TABLE_UNSUPPORTED', 'a deletion vector lies outside of the table', {
    hint: 'copy it into the table',
  });
}

function decodeZ85(text: string): Buffer {
  const bytes = Buffer.alloc((text.length / 5) * 4);
  for (let block = 0; block < text.length / 5; block++) {
    let value = 0;
    for (const character of text.slice(block * 5, block * 5 + 5)) value = value * 85 + Z85.indexOf(character);
    bytes.writeUInt32BE(value >>> 0, block * 4);
  }
  return bytes;
}

function decodeRoaring64(bytes: Buffer): number[] {
  const positions: number[] = [];
  const count = Number(bytes.readBigUInt64LE(0));
  let offset = 8;
  for (let bitmap = 0; bitmap < count; bitmap++) {
    const high = bytes.readUInt32LE(offset) * 2 ** 32;
    offset = decodeRoaring32(bytes, offset + 4, high, positions);
  }
  return positions;
}

/** @returns the offset behind the bitmap. */
function decodeRoaring32(bytes: Buffer, start: number, high: number, positions: number[]): number {
  const cookie = bytes.readUInt32LE(start);
  const hasRuns = (cookie & 0xffff) === SERIAL_COOKIE;
  if (!hasRuns && cookie !== SERIAL_COOKIE_NO_RUN)
    throw damaged('a deletion vector', 'its bitmap is unknown');
  const containers = hasRuns ? (cookie >>> 16) + 1 : bytes.readUInt32LE(start + 4);
  let offset = start + (hasRuns ? 4 : 8);
  const runFlags = bytes.subarray(offset, offset + (hasRuns ? Math.ceil(containers / 8) : 0));
  offset += runFlags.length;
  const keys = offset;
  offset += containers * 4;
  if (!hasRuns || containers >= NO_OFFSET_THRESHOLD) offset += containers * 4;
  for (let index = 0; index < containers; index++) {
    const base = high + bytes.readUInt16LE(keys + index * 4) * 65_536;
    const cardinality = bytes.readUInt16LE(keys + index * 4 + 2) + 1;
    const isRun = hasRuns && ((runFlags[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;
    if (isRun) {
      const runs = bytes.readUInt16LE(offset);
      offset += 2;
      for (let run = 0; run < runs; run++, offset += 4) {
        const first = bytes.readUInt16LE(offset);
        for (let i = 0; i <= bytes.readUInt16LE(offset + 2); i++) positions.push(base + first + i);
      }
    } else if (cardinality <= 4096) {
      for (let i = 0; i < cardinality; i++, offset += 2) positions.push(base + bytes.readUInt16LE(offset));
    } else {
      for (let bit = 0; bit < 65_536; bit++) {
        if (((bytes[offset + (bit >> 3)] ?? 0) >> (bit & 7)) & 1) positions.push(base + bit);
      }
      offset += 8192;
    }
  }
  return offset;
}

function damaged(name: string, why: string): LakeError {
  return new LakeError('TABLE_DAMAGED', `the deletion vector of \`${name}\` is damaged: ${why}`, {
    hint: 'restore the table from a backup',
  });
}
