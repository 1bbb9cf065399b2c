/** Where a lake or a table is: a folder of this machine, or `s3://BUCKET/PREFIX` on an object store. */
import { join, resolve } from 'node:path';
import { LakeError } from './errors.ts';
import { printable } from './printable.ts';

const S3 = /^s3a?:\/\//i;
const BUCKET = /^s3a?:\/\/[^/]/i;
/** As a folder it would be one of this machine, while its owner believes it in a cloud. */
const ADDRESS = /^(?:[a-z][a-z\d+.-]*:\/\/|s3a?:)/i;

export function isObjectStore(location: string): boolean {
  return S3.test(location);
}

export function isAddress(text: string): boolean {
  return ADDRESS.test(text);
}

export function hasBucket(text: string): boolean {
  return BUCKET.test(text);
}

/**
 * @returns what the program writes from then on: an absolute path, or an address without a `/` at its end.
 * @throws LakeError USAGE for another address, and for one without a bucket.
 */
export function resolveLocation(text: string): string {
  if (hasBucket(text)) return text.replace(S3, 's3://').replace(/\/+$/, '');
  if (!isAddress(text)) return resolve(text);
  throw new LakeError('USAGE', `\`${printable(text, 200)}\` is no place for a lake or a table`, {
    hint: 'name a folder of this machine, or `s3://BUCKET/PREFIX`',
  });
}

/** @param name of a folder in it. */
export function joinLocation(location: string, name: string): string {
  return isObjectStore(location) ? `${location}/${name}` : join(location, name);
}
