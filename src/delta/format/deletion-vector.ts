/**
 * Deletion vectors: which rows of a file are deleted. Source: Delta protocol, "Deletion Vector Format".
 */
import { crc32 } from 'node:zlib';
import { LakeError, messageOf } from '../../base/errors.ts';
import type { AddFile, DeletionVectorDescriptor } from '../log/actions.ts';
import type { TableStore } from '../store/table-store.ts';
import { type DataPath, locateFile } from './file-path.ts';
import { type RowSet, readRoaring } from './roaring-bitmap.ts';

const MAGIC = 1681511377;
const Z85 = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';

/** Reads a file outside of the table's folder; undefined when there is none. */
export type ReadOutside = (path: string) => Promise<Uint8Array | undefined>;

const REFUSE: ReadOutside = async (path) => {
  throw new LakeError('TABLE_DAMAGED', `the table names a file outside of itself: \`${path}\``, {
    hint: 'mount it with `--table NAME=PATH` if you trust it',
  });
};

/**
 * @param readOutside for a table that may name files outside of its folder, as a shallow clone does.
 * @returns the rows that are deleted, undefined when none is. @throws LakeError TABLE_DAMAGED, TABLE_UNSUPPORTED.
 */
export async function readDeletionVector(
  store: TableStore,
  { deletionVector, path }: AddFile,
  readOutside: ReadOutside = REFUSE,
): Promise<RowSet | undefined> {
  if (deletionVector === undefined) return undefined;
  const bitmap = await bitmapBytes(store, deletionVector, readOutside);
  let rows: RowSet;
  try {
    if (bitmap.readUInt32LE(0) !== MAGIC) throw new Error('it has no Roaring bitmap');
    rows = readRoaring(bitmap.subarray(4));
  } catch (error) {
    // What reaches beyond the end of its bytes.
    throw damaged(path, error instanceof RangeError ? 'it is cut short' : messageOf(error));
  }
  if (BigInt(rows.size) !== BigInt(deletionVector.cardinality))
    throw damaged(path, 'its cardinality does not agree');
  return rows;
}

async function bitmapBytes(
  store: TableStore,
  dv: DeletionVectorDescriptor,
  readOutside: ReadOutside,
): Promise<Buffer> {
  if (dv.storageType === 'i') return decodeZ85(dv.pathOrInlineDv).subarray(0, dv.sizeInBytes);
  const place: DataPath =
    dv.storageType === 'u'
      ? { kind: 'relative', name: relativeName(dv.pathOrInlineDv) }
      : placeIn(store, dv.pathOrInlineDv);
  const name = place.kind === 'relative' ? place.name : place.path;
  const file = place.kind === 'relative' ? await store.read(name) : await readOutside(name);
  if (file === undefined) throw damaged(name, 'the file is missing');
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const start = dv.offset ?? 1;
  if (start + 8 + dv.sizeInBytes > bytes.length) throw damaged(name, 'it is cut short');
  const size = bytes.readUInt32BE(start);
  const data = bytes.subarray(start + 4, start + 4 + dv.sizeInBytes);
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

/** An absolute path may lead into the table. */
function placeIn(store: TableStore, text: string): DataPath {
  const place = locateFile(text);
  return place.kind === 'absolute' && place.path.startsWith(`${store.location}/`)
    ? { kind: 'relative', name: place.path.slice(store.location.length + 1) }
    : place;
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

function damaged(name: string, why: string): LakeError {
  return new LakeError('TABLE_DAMAGED', `the deletion vector of \`${name}\` is damaged: ${why}`, {
    hint: 'restore the table from a backup',
  });
}
