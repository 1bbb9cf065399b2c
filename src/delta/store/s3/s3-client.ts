/**
 * One request to an object store: signed, sent, and sent again for what may pass by itself. Whether a request that was
 * repeated had been carried out before is reported, since `412` may then mean our own write.
 */
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { AwsV4Signer } from 'aws4fetch';
import { BackOff } from '../../../base/back-off.ts';
import { LakeError, messageOf, systemCodeOf } from '../../../base/errors.ts';
import { HttpConnections } from './http-connections.ts';
import { errorCodeOf, unreachable } from './s3-error.ts';
import { addressOf, type S3Endpoint } from './s3-location.ts';

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export interface CredentialSource {
  /** Fresh for at least some minutes. */
  get(): Promise<S3Credentials>;
  /** The store called them expired. */
  forget(): void;
}

export interface S3ClientOptions {
  readonly endpoint: S3Endpoint;
  readonly credentials: CredentialSource;
  /** The proxy that an address is asked through; none by default. */
  readonly proxyFor?: (url: string) => URL | undefined;
  readonly maxAttempts?: number;
  /** For the connection, for the headers, and for each pause in the body. */
  readonly timeoutMs?: number;
  readonly wait?: (ms: number) => Promise<unknown>;
  readonly random?: () => number;
}

export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  readonly bucket: string;
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Takes the body of a good answer instead of memory. Whatever it throws counts as a broken connection. */
  readonly into?: (body: AsyncIterable<Uint8Array>, headers: IncomingHttpHeaders) => Promise<void>;
}

export interface S3Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Empty when `into` took it. */
  readonly body: Uint8Array;
  /** Of a refusal. */
  readonly code: string | undefined;
  /** An earlier attempt got no answer, or an error: the store may have carried it out all the same. */
  readonly wasRepeated: boolean;
}

const MAX_ATTEMPTS = 6;
const TIMEOUT_MS = 30_000;
const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 5000;
/** AWS says of each: try again. `RequestTimeout` is a 400: the socket was idle. */
const PASSING_CODES: ReadonlySet<string | undefined> = new Set([
  'RequestTimeout',
  'SlowDown',
  'InternalError',
]);
const EXPIRED_CODES: ReadonlySet<string | undefined> = new Set(['ExpiredToken', 'TokenRefreshRequired']);

export class S3Client {
  readonly #options: S3ClientOptions;
  readonly #connections: HttpConnections;
  readonly #keys = new Map<string, ArrayBuffer>();
  readonly #ending = new AbortController();
  #region: string;

  constructor(options: S3ClientOptions) {
    this.#options = options;
    this.#region = options.endpoint.region;
    this.#connections = new HttpConnections(options.proxyFor ?? (() => undefined));
  }

  /** As it was set, or as the bucket answered. */
  get endpoint(): S3Endpoint {
    return { ...this.#options.endpoint, region: this.#region };
  }

  get credentials(): CredentialSource {
    return this.#options.credentials;
  }

  /** @throws LakeError STORE_UNREACHABLE when no attempt got an answer. */
  async send(asked: S3Request): Promise<S3Answer> {
    const { signal } = this.#ending;
    const {
      maxAttempts = MAX_ATTEMPTS,
      wait = (ms) => sleep(ms, undefined, { signal }).catch(() => undefined),
      random = Math.random,
    } = this.#options;
    const pauses = new BackOff(FIRST_DELAY_MS, MAX_DELAY_MS, random);
    let wasRepeated = false;
    for (let attempt = 1; ; attempt++) {
      let answer: S3Answer | undefined;
      let failure: unknown;
      try {
        answer = { ...(await this.#once(asked)), wasRepeated };
      } catch (error) {
        if (error instanceof LakeError) throw error;
        failure = error;
      }
      if (answer !== undefined && !mayPass(answer)) {
        if (attempt < maxAttempts && this.#learns(answer)) continue;
        return answer;
      }
      if (attempt === maxAttempts || signal.aborted) {
        if (answer !== undefined) return answer;
        throw unreachable(addressOf(this.endpoint, asked.bucket).origin, reasonOf(failure));
      }
      wasRepeated = true;
      await wait(pauses.nextMs());
    }
  }

  /** Nothing is waited for any more: what has no answer yet, or is asked from now on, fails. */
  giveUp(): void {
    this.#ending.abort();
    this.#connections.end();
  }

  async #once({ method, bucket, key, query = {}, headers = {}, body, into }: S3Request) {
    const url = addressOf(this.endpoint, bucket, key);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const credentials = await this.#options.credentials.get();
    // Also over TLS: it is the only proof that the server got what we sent.
    const digest = createHash('sha256')
      .update(body ?? '')
      .digest('hex');
    const signed = await new AwsV4Signer({
      method,
      url: url.href,
      headers: { ...headers, 'x-amz-content-sha256': digest },
      accessKeyId: credentials.accessKeyId,
      secretAccessKey: credentials.secretAccessKey,
      ...(credentials.sessionToken === undefined ? {} : { sessionToken: credentials.sessionToken }),
      service: 's3',
      region: this.#region,
      cache: this.#keys,
    }).sign();
    const { timeoutMs = TIMEOUT_MS } = this.#options;
    const answer = await this.#connections.request(signed.url.href, {
      method,
      headers: Object.fromEntries(signed.headers),
      body,
      timeoutMs,
    });
    const { statusCode = 0, headers: received } = answer;
    const isGood = statusCode >= 200 && statusCode < 300;
    if (isGood && into) {
      await into(answer, received);
      return { status: statusCode, headers: received, body: new Uint8Array(), code: undefined };
    }
    const bytes = await buffer(answer);
    // CompleteMultipartUpload and others may fail after they began to answer `200`.
    const code = isGood && method !== 'POST' ? undefined : errorCodeOf(bytes);
    const status = isGood && code !== undefined ? 500 : statusCode;
    return { status, headers: received, body: bytes, code };
  }

  /** Whether the answer says what to do better: another region, new credentials. */
  #learns({ status, headers, code }: S3Answer): boolean {
    const region = headers['x-amz-bucket-region'];
    const isRegion =
      [301, 307, 400].includes(status) && typeof region === 'string' && region !== this.#region;
    if (isRegion && this.#options.endpoint.url === undefined && /^[a-z0-9-]+$/.test(region)) {
      this.#region = region;
      return true;
    }
    if (!EXPIRED_CODES.has(code)) return false;
    this.#options.credentials.forget();
    return true;
  }
}

/** 409: another write of the same key is on its way; AWS says to repeat. */
function mayPass({ status, code }: S3Answer): boolean {
  return status === 409
    ? code === undefined || code === 'ConditionalRequestConflict' || code === 'OperationAborted'
    : status === 429 || status >= 500 || PASSING_CODES.has(code);
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return systemCodeOf(cause) ?? systemCodeOf(error) ?? messageOf(error);
}
