/** Where a lake or a table is: a folder of this machine, or `s3://BUCKET/PREFIX` on an object store. */
import { join, resolve } from 'node:path';

const S3 = /^s3a?:\/\//i;

export function isObjectStore(location: string): boolean {
  return S3.test(location);
}

/** As the program writes it from then on: an absolute path, or an address without a `/` at its end. */
export function resolveLocation(text: string): string {
  return isObjectStore(text) ? text.replace(S3, 's3://').replace(/\/+$/, '') : resolve(text);
}

/** @param name of a folder in it. */
export function joinLocation(location: string, name: string): string {
  return isObjectStore(location) ? `${location}/${name}` : join(location, name);
}
