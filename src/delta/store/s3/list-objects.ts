/** ListObjectsV2, page by page. Names come URL-encoded, since XML cannot carry all of them. */
import { LakeError } from '../../../base/errors.ts';
import type { S3Client } from './s3-client.ts';
import { refused } from './s3-error.ts';

export interface S3Object {
  readonly key: string;
  readonly sizeBytes: number;
  /** By the server's clock, in milliseconds since the epoch. */
  readonly modifiedMs: number;
  readonly etag: string;
}

export interface S3Page {
  readonly objects: readonly S3Object[];
  /** What stands before the delimiter, with it; one entry for all keys that share it. */
  readonly folders: readonly string[];
}

export interface ListRequest {
  readonly bucket: string;
  readonly prefix: string;
  /** Only keys after this one. */
  readonly startAfter?: string | undefined;
  readonly delimiter?: '/' | undefined;
}

/** @throws LakeError STORE_…. */
export async function* listObjects(client: S3Client, request: ListRequest): AsyncGenerator<S3Page> {
  const { bucket, prefix, startAfter, delimiter } = request;
  let token: string | undefined;
  do {
    const answer = await client.send({
      method: 'GET',
      bucket,
      query: {
        'list-type': '2',
        'encoding-type': 'url',
        prefix,
        ...(delimiter === undefined ? {} : { delimiter }),
        ...(token === undefined
          ? startAfter === undefined
            ? {}
            : { 'start-after': startAfter }
          : { 'continuation-token': token }),
      },
    });
    if (answer.status !== 200) throw refused(answer.status, answer.code, 'list', `s3://${bucket}/${prefix}`);
    const xml = Buffer.from(answer.body).toString();
    if (!xml.includes('<ListBucketResult')) throw notAListing(bucket);
    // Some servers send names as they are, whatever was asked for.
    const decode = textOf(xml, 'EncodingType') === 'url' ? decodeKey : (text: string) => text;
    yield { objects: objectsOf(xml, decode), folders: foldersOf(xml, decode) };
    const isLast = textOf(xml, 'IsTruncated') !== 'true';
    token = isLast ? undefined : textOf(xml, 'NextContinuationToken');
    if (!isLast && !token) throw notAListing(bucket);
  } while (token !== undefined);
}

function objectsOf(xml: string, decode: (text: string) => string): S3Object[] {
  return [...xml.matchAll(/<Contents>(.*?)<\/Contents>/gs)].map(([, entry = '']) => ({
    key: decode(textOf(entry, 'Key') ?? ''),
    sizeBytes: Number(textOf(entry, 'Size') ?? 0),
    modifiedMs: Date.parse(textOf(entry, 'LastModified') ?? ''),
    etag: textOf(entry, 'ETag') ?? '',
  }));
}

function foldersOf(xml: string, decode: (text: string) => string): string[] {
  return [...xml.matchAll(/<CommonPrefixes>(.*?)<\/CommonPrefixes>/gs)].map(([, entry = '']) =>
    decode(textOf(entry, 'Prefix') ?? ''),
  );
}

function textOf(xml: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
  return text?.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(amp|lt|gt|quot|apos));/gi, (_, decimal, hex, name) =>
    name
      ? (ENTITIES[name] ?? '')
      : String.fromCodePoint(decimal ? Number(decimal) : Number.parseInt(hex, 16)),
  );
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** As in a form: a blank may come as `+`. */
function decodeKey(text: string): string {
  return decodeURIComponent(text.replaceAll('+', '%20'));
}

function notAListing(bucket: string): LakeError {
  return new LakeError('STORE_REFUSED', `what answers for the bucket \`${bucket}\` is no object store`, {
    hint: 'look at `AWS_ENDPOINT_URL`',
  });
}
