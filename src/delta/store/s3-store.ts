/**
 * A table on S3-compatible storage. A commit is one PUT with `If-None-Match: *`: it is whole or not there, and the second
 * writer of a version gets 412. Listings are strongly consistent on every store that honours the condition.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LakeError } from '../../base/errors.ts';
import { makeScratchFolder } from '../../base/scratch-folder.ts';
import { compareUtf8 } from '../format/stats-strings.ts';
import { probeConditionalPut } from './s3/conditional-put-probe.ts';
import { downloadFile } from './s3/download-file.ts';
import type { FileCache } from './s3/file-cache.ts';
import { listObjects } from './s3/list-objects.ts';
import type { S3Answer, S3Client } from './s3/s3-client.ts';
import { refused } from './s3/s3-error.ts';
import { keyOf, parseS3Location, type S3Location } from './s3/s3-location.ts';
import { uploadFile } from './s3/upload-file.ts';
import type { StepHook, StoreEntry, TableStore } from './table-store.ts';

export interface S3StoreOptions {
  readonly client: S3Client;
  /** Of what never changes; undefined for none. */
  readonly cache?: FileCache | undefined;
  readonly step?: StepHook;
}

/** Buckets that were probed, by client: once in a process is enough. */
const probed = new WeakMap<S3Client, Map<string, Promise<void>>>();

const LOG = '_delta_log/';
/** A store lives as long as its collector; one that is forgotten only costs a request. */
const MAX_ETAGS = 10_000;

export class S3Store implements TableStore {
  readonly location: string;
  readonly folder = undefined;
  readonly #place: S3Location;
  readonly #client: S3Client;
  readonly #cache: FileCache | undefined;
  readonly #step: StepHook;
  /** As the last listing had them: what a name stands for, also after a table was deleted and made anew. */
  readonly #etags = new Map<string, string>();

  /** @throws LakeError USAGE, STORE_UNSAFE. */
  constructor(location: string, { client, cache, step = () => undefined }: S3StoreOptions) {
    this.#place = parseS3Location(location);
    this.location = location;
    this.#client = client;
    this.#cache = cache;
    this.#step = step;
  }

  async list(
    folder: string,
    { from, recursive }: { readonly from?: string; readonly recursive?: boolean } = {},
  ): Promise<StoreEntry[]> {
    const root = keyOf(this.#place, '');
    const prefix = keyOf(this.#place, folder);
    const inside = prefix === '' ? '' : `${prefix}/`;
    const cut = root === '' ? 0 : root.length + 1;
    const entries = new Map<string, StoreEntry>();
    if (this.#etags.size > MAX_ETAGS) this.#etags.clear();
    for await (const { objects } of listObjects(this.#client, {
      bucket: this.#place.bucket,
      prefix: inside,
      // Exclusive: a text that is shorter by one character comes before all that begin with the longer one.
      startAfter: from === undefined || recursive ? undefined : `${inside}${from.slice(0, -1)}`,
      delimiter: recursive ? undefined : '/',
    })) {
      for (const { key, sizeBytes, modifiedMs, etag } of objects) {
        const name = key.slice(cut);
        const last = name.slice(name.lastIndexOf('/') + 1);
        // Consoles make empty objects that end with `/` to show a folder.
        if (last === '' || (from !== undefined && compareUtf8(last, from) < 0)) continue;
        entries.set(name, { name, sizeBytes, modifiedMs });
        if (name.startsWith(LOG)) this.#etags.set(name, etag);
      }
    }
    return [...entries.values()].sort((a, b) => compareUtf8(a.name, b.name));
  }

  async listNames(folder: string, from?: string): Promise<string[]> {
    return (await this.list(folder, from === undefined ? {} : { from })).map(({ name }) => name);
  }

  async read(name: string): Promise<Uint8Array | undefined> {
    const answer = await this.#client.send({ method: 'GET', ...this.#object(name) });
    if (answer.status === 200) return answer.body;
    if (answer.status === 404 && answer.code !== 'NoSuchBucket') return undefined;
    throw this.#refused(answer, 'read', name);
  }

  async readImmutable(name: string): Promise<Uint8Array | undefined> {
    const etag = this.#etags.get(name);
    if (this.#cache === undefined || etag === undefined) return this.read(name);
    const copy = `${this.#copyName(name)}.${etag.replace(/\W/g, '')}`;
    const known = await this.#cache.read(copy);
    if (known !== undefined) return known;
    const bytes = await this.read(name);
    if (bytes !== undefined) await this.#cache.write(copy, bytes);
    return bytes;
  }

  async putIfAbsent(name: string, bytes: Uint8Array): Promise<'created' | 'exists'> {
    await this.#probe();
    await this.#step('commit:before-put');
    const answer = await this.#client.send({
      method: 'PUT',
      ...this.#object(name),
      headers: { 'if-none-match': '*' },
      body: bytes,
    });
    await this.#step('commit:put');
    if (answer.status === 200) return 'created';
    if (answer.status !== 412) throw this.#refused(answer, 'write', name);
    // A write whose answer was lost is sent again, and then finds itself.
    const there = answer.wasRepeated ? await this.read(name) : undefined;
    return there !== undefined && Buffer.from(bytes).equals(there) ? 'created' : 'exists';
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    await this.#step('put:before-put');
    const answer = await this.#client.send({ method: 'PUT', ...this.#object(name), body: bytes });
    await this.#step('put:put');
    if (answer.status !== 200) throw this.#refused(answer, 'write', name);
  }

  async putFile(name: string, write: (path: string) => void): Promise<number> {
    const folder = await makeScratchFolder([]);
    try {
      const path = join(folder, 'file');
      write(path);
      return await this.#upload(name, path);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async moveIn(name: string, path: string): Promise<number> {
    const size = await this.#upload(name, path);
    await rm(path);
    return size;
  }

  async download(name: string, path: string): Promise<void> {
    if (!(await downloadFile(this.#client, this.#object(name), path))) throw missing(name);
  }

  async localPaths(files: ReadonlyArray<Pick<StoreEntry, 'name' | 'sizeBytes'>>): Promise<string[]> {
    if (this.#cache === undefined) throw new TypeError('this store was opened without a cache');
    return this.#cache.fetch(
      files.map(({ name, sizeBytes }) => ({
        name: this.#copyName(name),
        sizeBytes,
        download: (path) => this.download(name, path),
      })),
    );
  }

  async delete(name: string): Promise<void> {
    const answer = await this.#client.send({ method: 'DELETE', ...this.#object(name) });
    const isGone = (answer.status >= 200 && answer.status < 300) || answer.code === 'NoSuchKey';
    if (!isGone) throw this.#refused(answer, 'delete', name);
  }

  enginePath(name: string): string {
    return `s3://${this.#place.bucket}/${keyOf(this.#place, name)}`;
  }

  async #upload(name: string, path: string): Promise<number> {
    await this.#step('upload:begun');
    const size = await uploadFile(this.#client, this.#object(name), path, this.#step);
    await this.#step('upload:ended');
    return size;
  }

  #object(name: string): { bucket: string; key: string } {
    return { bucket: this.#place.bucket, key: keyOf(this.#place, name) };
  }

  /** Where the copy of an entry lies in the cache: as on the store, so that one cache serves all lakes. */
  #copyName(name: string): string {
    const { bucket, key } = this.#object(name);
    return `${this.#client.endpoint.url?.replace(/\W+/g, '-') ?? 'aws'}/${bucket}/${key}`;
  }

  #probe(): Promise<void> {
    const { bucket } = this.#place;
    const known = probed.get(this.#client) ?? new Map<string, Promise<void>>();
    probed.set(this.#client, known);
    const probe =
      known.get(bucket) ?? probeConditionalPut(this.#client, bucket, keyOf(this.#place, '_delta_log'));
    known.set(bucket, probe);
    probe.catch(() => known.delete(bucket));
    return probe;
  }

  #refused({ status, code }: S3Answer, what: string, name: string): LakeError {
    return refused(status, code, what, this.enginePath(name));
  }
}

function missing(name: string): LakeError {
  return new LakeError('TABLE_DAMAGED', `the data file \`${name}\` is missing`, {
    hint: 'bring it back from a backup',
  });
}
