/**
 * A small object store over real HTTP, in memory: what S3 does with objects, listings and conditions, and what goes wrong on
 * the way to it. Signatures are checked by versitygw in tests/interop; here only that the body is what was signed.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { S3Client, type S3ClientOptions } from '../../src/delta/store/s3/s3-client.ts';
import { AwsCredentialChain } from '../../src/network/aws/aws-credentials.ts';

/** `…-before`: the store never saw the request; `…-after`: it was carried out and its answer lost. */
export type FaultMode =
  | '500-before'
  | '503-before'
  | '409-before'
  | 'reset-before'
  | '500-after'
  | 'reset-after'
  | 'hang-after'
  | 'truncated'
  /** The keys are not good any more. */
  | 'expired';

export interface Fault {
  readonly mode: FaultMode;
  readonly method?: string;
  /** A part of the address. */
  readonly match?: string;
  times?: number;
}

export interface FakeS3 {
  readonly url: string;
  readonly env: Readonly<Record<string, string>>;
  /** By `BUCKET/KEY`. */
  readonly objects: Map<string, Buffer>;
  /** Milliseconds since the epoch, by the same; now, where it has none. */
  readonly writtenMs: Map<string, number>;
  readonly requests: string[];
  readonly faults: Fault[];
  /** A server that knows no conditions. */
  ignoresConditions: boolean;
  pageSize: number;
  /** Whether the id of a key is good now; a request with another one is refused as expired. */
  isGoodKey: (id: string) => boolean;
  /** The server's clock is so far ahead. */
  aheadMs: number;
  /** Listings come in any order. */
  isUnordered: boolean;
  client(options?: Partial<S3ClientOptions>): S3Client;
}

const KEYS = { AWS_ACCESS_KEY_ID: 'FAKEKEYID', AWS_SECRET_ACCESS_KEY: 'fake-secret-0123456789' };
const CODES = { 409: 'ConditionalRequestConflict', 500: 'InternalError', 503: 'SlowDown' } as const;

/** @param atEnd takes what ends the server. */
export async function fakeS3(atEnd: (end: () => Promise<void>) => void = onTestFinished): Promise<FakeS3> {
  const objects = new Map<string, Buffer>();
  const writtenMs = new Map<string, number>();
  const uploads = new Map<string, Map<number, Buffer>>();
  const requests: string[] = [];
  const faults: Fault[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => answer(request, response, body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => void server.close(() => resolve()));
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = { ...KEYS, AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL: url, AWS_EC2_METADATA_DISABLED: 'true' };
  const fake: FakeS3 = {
    url,
    env,
    objects,
    writtenMs,
    requests,
    faults,
    ignoresConditions: false,
    pageSize: 1000,
    isGoodKey: (id) => id === KEYS.AWS_ACCESS_KEY_ID,
    aheadMs: 0,
    isUnordered: false,
    client: (options = {}) => {
      const client = new S3Client({
        endpoint: { url, region: 'us-east-1' },
        credentials: new AwsCredentialChain(env),
        wait: async () => undefined,
        ...options,
      });
      onTestFinished(() => client.giveUp());
      return client;
    },
  };
  return fake;

  function answer(request: IncomingMessage, response: ServerResponse, body: Buffer): unknown {
    const { method = '', url: path = '', socket } = request;
    requests.push(`${method} ${path}`);
    const fault = faults.find(
      (one) =>
        (one.times ?? 1) > 0 &&
        (one.method === undefined || one.method === method) &&
        decodeURIComponent(path).includes(one.match ?? ''),
    );
    if (fault) fault.times = (fault.times ?? 1) - 1;
    if (fault?.mode === 'reset-before') return socket.destroy();
    if (fault?.mode === 'expired') return refuse(response, 400, 'ExpiredToken');
    if (fault?.mode.endsWith('-before')) {
      const status = Number(fault.mode.slice(0, 3)) as keyof typeof CODES;
      return refuse(response, status, CODES[status]);
    }
    const [, id = ''] = /Credential=([^/]+)\//.exec(request.headers.authorization ?? '') ?? [];
    if (!fake.isGoodKey(id))
      return request.headers['x-amz-security-token'] === undefined
        ? refuse(response, 403, 'InvalidAccessKeyId')
        : refuse(response, 400, 'ExpiredToken');
    if (request.headers['x-amz-content-sha256'] !== createHash('sha256').update(body).digest('hex'))
      return refuse(response, 400, 'XAmzContentSHA256Mismatch');
    const result = carryOut(request, body);
    if (fault?.mode === 'reset-after') return socket.destroy();
    if (fault?.mode === 'hang-after') return undefined;
    if (fault?.mode === '500-after') return refuse(response, 500, 'InternalError');
    const bytes = result.body ?? Buffer.alloc(0);
    response.writeHead(result.status, { 'content-length': bytes.byteLength, ...result.headers });
    if (fault?.mode === 'truncated') {
      return response.write(bytes.subarray(0, Math.floor(bytes.byteLength / 2)), () => socket.destroy());
    }
    return response.end(method === 'HEAD' ? undefined : bytes);
  }

  interface Result {
    readonly status: number;
    readonly headers?: Record<string, string | number>;
    readonly body?: Buffer;
  }

  function carryOut(request: IncomingMessage, body: Buffer): Result {
    const address = new URL(request.url ?? '', url);
    const [, bucket = '', ...rest] = address.pathname.split('/').map(decodeURIComponent);
    const key = rest.join('/');
    const name = `${bucket}/${key}`;
    const query = address.searchParams;
    if (bucket !== 'lake') return xml(404, '<Error><Code>NoSuchBucket</Code></Error>');
    const known = objects.get(name);
    const uploadId = query.get('uploadId') ?? '';
    const parts = uploads.get(uploadId);
    switch (request.method) {
      case 'GET':
      case 'HEAD': {
        if (query.has('list-type')) return list(query);
        if (known === undefined) return xml(404, '<Error><Code>NoSuchKey</Code></Error>');
        return partOf(known, request.headers.range);
      }
      case 'PUT': {
        if (parts) {
          parts.set(Number(query.get('partNumber')), body);
          return { status: 200, headers: { etag: etagOf(body) } };
        }
        if (request.headers['if-none-match'] === '*' && known && !fake.ignoresConditions)
          return xml(412, '<Error><Code>PreconditionFailed</Code></Error>');
        if (request.headers['if-match'] && request.headers['if-match'] !== (known && etagOf(known)))
          return xml(412, '<Error><Code>PreconditionFailed</Code></Error>');
        objects.set(name, body);
        writtenMs.set(name, Date.now() + fake.aheadMs);
        return { status: 200, headers: { etag: etagOf(body) } };
      }
      case 'POST': {
        if (query.has('uploads')) {
          const id = randomUUID();
          uploads.set(id, new Map());
          return xml(200, `<R><UploadId>${id}</UploadId></R>`);
        }
        if (!parts) return xml(404, '<Error><Code>NoSuchUpload</Code></Error>');
        const numbers = [...parts.keys()].sort((a, b) => a - b);
        objects.set(name, Buffer.concat(numbers.map((number) => parts.get(number) ?? Buffer.alloc(0))));
        uploads.delete(uploadId);
        return xml(200, '<CompleteMultipartUploadResult/>');
      }
      default:
        if (parts) uploads.delete(uploadId);
        else objects.delete(name);
        return { status: 204 };
    }
  }

  function list(query: URLSearchParams): Result {
    const prefix = query.get('prefix') ?? '';
    const delimiter = query.get('delimiter');
    const after = query.get('continuation-token') ?? query.get('start-after') ?? '';
    const keys = [...objects.keys()]
      .map((name) => name.slice('lake/'.length))
      .filter((key) => key.startsWith(prefix) && Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0)
      .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    const page: string[] = [];
    const folders = new Set<string>();
    let last = '';
    for (const key of keys) {
      if (page.length + folders.size >= fake.pageSize) break;
      const cut = delimiter === null ? -1 : key.indexOf(delimiter, prefix.length);
      if (cut < 0) page.push(key);
      else folders.add(key.slice(0, cut + 1));
      last = key;
    }
    const isTruncated = last !== '' && last !== keys.at(-1);
    if (fake.isUnordered) page.reverse();
    const encoded = (text: string) => encodeURIComponent(text).replaceAll('%20', '+').replaceAll('%2F', '/');
    const contents = page.map((key) => {
      const bytes = objects.get(`lake/${key}`) ?? Buffer.alloc(0);
      return `<Contents><Key>${encoded(key)}</Key><LastModified>${new Date(writtenMs.get(`lake/${key}`) ?? Date.now()).toISOString()}</LastModified><ETag>&quot;${etagOf(bytes).slice(1, -1)}&quot;</ETag><Size>${bytes.byteLength}</Size></Contents>`;
    });
    const prefixes = [...folders].map(
      (folder) => `<CommonPrefixes><Prefix>${encoded(folder)}</Prefix></CommonPrefixes>`,
    );
    const next = isTruncated
      ? `<NextContinuationToken>${last.replaceAll('&', '&amp;')}</NextContinuationToken>`
      : '';
    return xml(
      200,
      `<ListBucketResult xmlns="x"><EncodingType>url</EncodingType><IsTruncated>${isTruncated}</IsTruncated>${next}${contents.join('')}${prefixes.join('')}</ListBucketResult>`,
    );
  }
}

/** `bytes=5-`, `bytes=5-9` and `bytes=-5`. */
function partOf(bytes: Buffer, range: string | undefined) {
  const size = bytes.byteLength;
  const headers = { etag: etagOf(bytes), 'accept-ranges': 'bytes' };
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(range ?? '') ?? [];
  if (first === '' && last === '') return { status: 200, headers, body: bytes };
  const from = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const until = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  if (from >= size) return xml(416, '<Error><Code>InvalidRange</Code></Error>');
  const body = bytes.subarray(from, until);
  return {
    status: 206,
    headers: { ...headers, 'content-range': `bytes ${from}-${until - 1}/${size}` },
    body,
  };
}

function etagOf(bytes: Buffer): string {
  return `"${createHash('md5').update(bytes).digest('hex')}"`;
}

function xml(status: number, body: string) {
  return { status, body: Buffer.from(`<?xml version="1.0"?>${body}`) };
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>injected</Message></Error>`);
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    // The client went away.
  }
  return Buffer.concat(chunks);
}
