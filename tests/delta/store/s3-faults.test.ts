import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { messageOf } from '../../../src/base/errors.ts';
import { DeltaTable } from '../../../src/delta/delta-table.ts';
import { FileCache } from '../../../src/delta/store/s3/file-cache.ts';
import { S3Store } from '../../../src/delta/store/s3-store.ts';
import { proxyByEnvironment } from '../../../src/network/proxy-rules.ts';
import { PARQUET_CHECKPOINTS } from '../../../src/parquet/parquet-checkpoints.ts';
import { append, makeTable } from '../../support/delta.ts';
import { type FaultMode, fakeS3 } from '../../support/fake-s3.ts';
import { proxyServer } from '../../support/proxy-server.ts';

const AROUND: readonly FaultMode[] = [
  '500-before',
  '503-before',
  '409-before',
  'reset-before',
  '500-after',
  'reset-after',
  'hang-after',
];

describe('a commit on S3', () => {
  it.each(AROUND)('is there once when its answer is %s', async (mode) => {
    const server = await fakeS3();
    const store = new S3Store('s3://lake/t', { client: server.client({ timeoutMs: 400 }) });
    const table = await makeTable(store);
    server.faults.push({ mode, method: 'PUT', match: '_delta_log' });
    expect(await append(table, ['a'])).toMatchObject({ kind: 'committed', version: 1 });
    expect(await append(table, ['b'])).toMatchObject({ kind: 'committed', version: 2 });
    const { snapshot } = await DeltaTable.open(store, { checkpoints: PARQUET_CHECKPOINTS });
    expect([...snapshot.files.values()].map(({ path }) => path).sort()).toEqual(['a', 'b']);
  });

  it('is neither lost nor doubled whatever goes wrong around it', async () => {
    const mode = fc.constantFrom(...AROUND.filter((one) => one !== 'hang-after'), 'truncated' as const);
    const fault = fc.record({
      mode,
      method: fc.constantFrom('PUT', 'GET'),
      times: fc.integer({ min: 1, max: 8 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fault, { maxLength: 4 }), async (faults) => {
        const server = await fakeS3();
        const store = new S3Store('s3://lake/t', { client: server.client({ maxAttempts: 3 }) });
        const table = await makeTable(store);
        server.faults.push(...faults.map((one) => ({ ...one, match: '_delta_log' })));
        for (let number = 1; number <= 4; number++) {
          // As a collector: the same rows again until the table has them.
          const txn = { appId: 'x', version: number };
          for (let tries = 0; tries < 12; tries++) {
            const outcome = await append(table, [`${number}`], txn).catch(() => undefined);
            if (outcome !== undefined) break;
          }
        }
        server.faults.length = 0;
        const { snapshot } = await DeltaTable.open(store, { checkpoints: PARQUET_CHECKPOINTS });
        expect([...snapshot.files.values()].map(({ path }) => path).sort()).toEqual(['1', '2', '3', '4']);
      }),
      { numRuns: 15 },
    );
  });

  it('takes four requests', async () => {
    const server = await fakeS3();
    const store = new S3Store('s3://lake/t', { client: server.client() });
    const table = await makeTable(store);
    await append(table, ['a']);
    server.requests.length = 0;
    await store.put('data', Buffer.from('x'));
    await append(table, ['b']);
    expect(server.requests.map((request) => request.split(' ')[0])).toEqual(['PUT', 'GET', 'PUT', 'GET']);
  });
});

describe('an S3 store', () => {
  it('is refused when it does not honour the condition, before anything is committed', async () => {
    const server = await fakeS3();
    server.ignoresConditions = true;
    const store = new S3Store('s3://lake/t', { client: server.client() });
    await expect(makeTable(store)).rejects.toMatchObject({ code: 'STORE_UNSAFE' });
    expect([...server.objects.keys()]).toEqual([]);
  });

  it('says what is wrong without a word of the keys', async () => {
    const server = await fakeS3();
    const elsewhere = new S3Store('s3://other-bucket/t', { client: server.client() });
    await expect(elsewhere.read('x')).rejects.toMatchObject({ code: 'STORE_REFUSED' });
    await expect(elsewhere.list('')).rejects.toThrow('NoSuchBucket');
    const stranger = server.client({
      credentials: {
        get: async () => ({ accessKeyId: 'STRANGER', secretAccessKey: 'very-secret-text' }),
        forget: () => undefined,
      },
    });
    const error = await new S3Store('s3://lake/t', { client: stranger })
      .read('x')
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'STORE_REFUSED' });
    expect(`${messageOf(error)} ${JSON.stringify(error)}`).not.toMatch(/STRANGER|very-secret/);
  });

  it('that is away is an error that names its address', async () => {
    const server = await fakeS3();
    const client = server.client({
      endpoint: { url: 'http://127.0.0.1:1', region: 'us-east-1' },
      maxAttempts: 2,
    });
    await expect(new S3Store('s3://lake/t', { client }).read('x')).rejects.toMatchObject({
      code: 'STORE_UNREACHABLE',
      message: expect.stringContaining('127.0.0.1:1'),
    });
  });

  it('is asked through a proxy where one is meant for its address', async () => {
    const server = await fakeS3();
    const proxy = await proxyServer(new URL(server.url).host);
    server.objects.set('lake/t/x', Buffer.from('abc'));
    const meant = proxyByEnvironment({
      HTTP_PROXY: proxy.url.replace('//', '//name:secret@'),
      no_proxy: 'direct.invalid, 10.0.0.0/8',
    });
    const read = (url: string) => {
      const client = server.client({
        endpoint: { url, region: 'us-east-1' },
        proxyFor: meant,
        maxAttempts: 1,
      });
      return new S3Store('s3://lake/t', { client }).read('x');
    };
    expect(Buffer.from((await read('http://store.invalid')) ?? []).toString()).toBe('abc');
    expect(proxy.asked).toEqual(['CONNECT store.invalid:80']);
    await expect(read('http://direct.invalid')).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' });
    expect(Buffer.from((await read(server.url)) ?? []).toString()).toBe('abc');
    proxy.refuseWith = 407;
    const refusal = await read('http://store.invalid').catch((thrown: unknown) => messageOf(thrown));
    expect(refusal).toMatch(/407/);
    expect(refusal).not.toContain('secret');
    expect(proxy.asked).toHaveLength(2);
  });

  it('that takes requests and never answers is waited for so long, and not at all once the program ends', async () => {
    const server = await fakeS3();
    server.faults.push({ mode: 'hang-after', times: 100 });
    const client = server.client({ timeoutMs: 200, maxAttempts: 2 });
    const store = new S3Store('s3://lake/t', { client });
    await expect(store.read('x')).rejects.toThrow('no answer for 0.2 s');
    expect(server.requests).toHaveLength(2);
    const patient = server.client();
    const reading = new S3Store('s3://lake/t', { client: patient }).read('x');
    await vi.waitUntil(() => server.requests.length === 3);
    patient.giveUp();
    await expect(reading).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' });
    await expect(new S3Store('s3://lake/t', { client: patient }).read('x')).rejects.toMatchObject({
      code: 'STORE_UNREACHABLE',
    });
    expect(server.requests).toHaveLength(3);
  });

  it('brings a file whole although its transfer breaks again and again', async () => {
    const server = await fakeS3();
    const bytes = Buffer.alloc(300_000, 'abcdefg');
    server.objects.set('lake/t/file', bytes);
    server.faults.push({ mode: 'truncated', method: 'GET', times: 4 });
    const folder = await mkdtemp(join(tmpdir(), 'crypto-lake-s3-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await new S3Store('s3://lake/t', { client: server.client() }).download('file', join(folder, 'file'));
    expect((await readFile(join(folder, 'file'))).equals(bytes)).toBe(true);
  });

  it.each(['s3://', 's3://UPPER/x', 's3://lake/../x', 's3://lake/a//b', 's3://la'])(
    'is not at %s',
    (location) => {
      expect(() => new S3Store(location, { client: undefined as never })).toThrow(
        'is no place on an object store',
      );
    },
  );

  it('never asks for a name that an address would change', async () => {
    const server = await fakeS3();
    const store = new S3Store('s3://lake/t', { client: server.client() });
    for (const name of ['../x', 'a/../../x', './x', 'x'.repeat(1100)])
      await expect(store.read(name)).rejects.toMatchObject({ code: 'TABLE_DAMAGED' });
    expect(server.requests).toEqual([]);
  });
});

describe('the cache of an S3 store', () => {
  async function cached(maxBytes: number) {
    const server = await fakeS3();
    const folder = await mkdtemp(join(tmpdir(), 'crypto-lake-cache-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const open = () =>
      new S3Store('s3://lake/t', { client: server.client(), cache: new FileCache(folder, maxBytes) });
    return { server, open };
  }

  it('keeps commits and checkpoints, but not the hint, and not those of a table that was made anew', async () => {
    const { server, open } = await cached(2 ** 20);
    const table = await makeTable(open());
    for (const name of ['a', 'b', 'c']) await append(table, [name]);
    await DeltaTable.open(open(), { checkpoints: PARQUET_CHECKPOINTS });
    server.requests.length = 0;
    expect((await DeltaTable.open(open(), { checkpoints: PARQUET_CHECKPOINTS })).version).toBe(3);
    expect(server.requests.filter((request) => !request.includes('list-type'))).toEqual([
      'GET /lake/t/_delta_log/_last_checkpoint',
    ]);
    server.objects.clear();
    await append(await makeTable(open()), ['other']);
    const { snapshot } = await DeltaTable.open(open(), { checkpoints: PARQUET_CHECKPOINTS });
    expect([...snapshot.files.values()].map(({ path }) => path)).toEqual(['other']);
  });

  it('holds no more than it may, the oldest goes first, and what would not fit is refused', async () => {
    const { server, open } = await cached(1000);
    const files = Array.from({ length: 6 }, (_, index) => ({ name: `d/${index}`, sizeBytes: 300 }));
    for (const { name } of files) server.objects.set(`lake/t/${name}`, Buffer.alloc(300));
    const store = open();
    for (const file of files) {
      const [path = ''] = await store.localPaths([file]);
      expect((await stat(path)).size).toBe(300);
    }
    server.requests.length = 0;
    await store.localPaths(files.slice(-2));
    expect(server.requests).toEqual([]);
    await store.localPaths(files.slice(0, 1));
    expect(server.requests).toEqual(['GET /lake/t/d/0']);
    await expect(store.localPaths(files)).rejects.toMatchObject({ code: 'DISK_FULL' });
    await expect(store.localPaths([{ name: 'none', sizeBytes: 1 }])).rejects.toMatchObject({
      code: 'TABLE_DAMAGED',
    });
  });
});
