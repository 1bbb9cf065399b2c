/** `s3://BUCKET/PREFIX`, and the address of a key on a server. Keys are any Unicode: `=`, `%`, blanks and `+` included. */
import { LakeError } from '../../../base/errors.ts';

export interface S3Location {
  readonly bucket: string;
  /** Without a `/` at either end; empty for the whole bucket. */
  readonly prefix: string;
}

export interface S3Endpoint {
  /** `http://127.0.0.1:9000`; undefined for AWS itself. */
  readonly url: string | undefined;
  readonly region: string;
}

/** S3 takes keys of up to 1,024 bytes. */
const MAX_KEY_BYTES = 1024;

/** @throws LakeError USAGE. */
export function parseS3Location(location: string): S3Location {
  const [, bucket = '', rest = ''] = /^s3:\/\/([^/]*)\/?(.*)$/su.exec(location) ?? [];
  const prefix = rest.replace(/\/+$/, '');
  const parts = prefix === '' ? [] : prefix.split('/');
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket) || parts.some((part) => /^\.{0,2}$/.test(part))) {
    throw new LakeError('USAGE', `\`${location.slice(0, 200)}\` is no place on an object store`, {
      hint: 'write it as `s3://BUCKET/PREFIX`; a bucket has 3 to 63 lower-case letters, digits, `-` and `.`',
    });
  }
  if (bucket.endsWith('--x-s3')) {
    throw new LakeError('STORE_UNSAFE', `\`${bucket}\` is a directory bucket, whose listings have no order`, {
      hint: 'use a general purpose bucket',
    });
  }
  return { bucket, prefix };
}

/** @throws LakeError TABLE_DAMAGED for a name that an address would change. */
export function keyOf({ prefix }: S3Location, name: string): string {
  const key = [prefix, name].filter(Boolean).join('/');
  if (
    name.split('/').some((part) => part === '.' || part === '..') ||
    Buffer.byteLength(key) > MAX_KEY_BYTES
  ) {
    throw new LakeError('TABLE_DAMAGED', `no object can have the name \`${name.slice(0, 200)}\``, {
      hint: 'the log of the table was tampered with; do not use it',
    });
  }
  return key;
}

/** The address of a bucket, or of a key in it: in the path where the server is named, else in the host as AWS wants it. */
export function addressOf({ url, region }: S3Endpoint, bucket: string, key = ''): URL {
  const path = key.split('/').map(encodePart).join('/');
  if (url !== undefined) return new URL(`${url.replace(/\/+$/, '')}/${bucket}/${path}`);
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  // A certificate for `*.s3…` does not fit a bucket with a dot.
  return bucket.includes('.')
    ? new URL(`https://s3.${region}.${suffix}/${bucket}/${path}`)
    : new URL(`https://${bucket}.s3.${region}.${suffix}/${path}`);
}

function encodePart(part: string): string {
  return encodeURIComponent(part).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
