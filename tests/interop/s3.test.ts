import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { DeltaTable } from '../../src/delta/delta-table.ts';
import { FileCache } from '../../src/delta/store/s3/file-cache.ts';
import { S3Client } from '../../src/delta/store/s3/s3-client.ts';
import { S3Store } from '../../src/delta/store/s3-store.ts';
import { AwsCredentialChain } from '../../src/network/aws/aws-credentials.ts';
import { PARQUET_CHECKPOINTS } from '../../src/parquet/parquet-checkpoints.ts';
import { append, makeTable } from '../support/delta.ts';
import { faultProxy, type ProxyFault } from '../support/fault-proxy.ts';
import { temporaryFolder } from '../support/program.ts';
import { tableStoreSuite } from '../support/table-store-suite.ts';
import { bucketFolder, type Gateway, removeBucketFolder, startGateway } from '../support/versitygw.ts';

const WRITER = resolve('tests/support/append-process.js');
const KILLED_WRITER = resolve('tests/support/s3-write-process.js');

let folder: string;
let gateway: Gateway;
let other: Gateway;
let tables = 0;

beforeAll(async () => {
  folder = await bucketFolder();
  [gateway, other] = await Promise.all([startGateway(folder), startGateway(folder)]);
});

afterAll(async () => {
  await Promise.all([gateway.stop(), other.stop()]);
  await removeBucketFolder(folder);
});

const newPlace = () => `s3://lake/table ${++tables}=é`;

function clientAt(url: string, env = gateway.env): S3Client {
  const client = new S3Client({
    endpoint: { url, region: 'us-east-1' },
    credentials: new AwsCredentialChain(env),
    wait: (ms) => new Promise((next) => setTimeout(next, ms / 10)),
  });
  onTestFinished(() => client.giveUp());
  return client;
}

tableStoreSuite('versitygw', async () => {
  const cache = new FileCache(await temporaryFolder(), 2 ** 26);
  return new S3Store(newPlace(), { client: clientAt(gateway.url), cache });
});

async function race(place: string, writers: ReadonlyArray<{ url: string; count: number }>) {
  const children = writers.map(
    ({ url, count }, index): ChildProcess =>
      fork(WRITER, [place, String(index), String(count)], {
        env: { ...process.env, ...gateway.env, AWS_ENDPOINT_URL: url },
      }),
  );
  const ended = Promise.all(children.map((child) => once(child, 'close')));
  await Promise.all(children.map((child) => once(child, 'message')));
  for (const child of children) child.send('go');
  await ended;
}

async function pathsOf(place: string): Promise<string[]> {
  const table = await DeltaTable.open(new S3Store(place, { client: clientAt(gateway.url) }), {
    checkpoints: PARQUET_CHECKPOINTS,
  });
  return [...table.snapshot.files.values()].map(({ path }) => path).sort();
}

describe('commits on a real S3 server', () => {
  it('of 8 processes × 100 appends through two gateways are exactly 800', async () => {
    const place = newPlace();
    await makeTable(new S3Store(place, { client: clientAt(gateway.url) }));
    await race(
      place,
      Array.from({ length: 8 }, (_, index) => ({ url: (index % 2 ? gateway : other).url, count: 100 })),
    );
    const table = await DeltaTable.open(new S3Store(place, { client: clientAt(other.url) }), {
      checkpoints: PARQUET_CHECKPOINTS,
    });
    expect([table.version, table.snapshot.files.size]).toEqual([800, 800]);
  }, 400_000);

  it('are neither lost nor doubled in 1,000 of them, whatever the network does', async () => {
    const proxy = await faultProxy(gateway.url);
    onTestFinished(() => proxy.close());
    const place = newPlace();
    await makeTable(new S3Store(place, { client: clientAt(gateway.url) }));
    const faults: readonly ProxyFault[] = [
      '500-before',
      '503-before',
      'reset-before',
      '500-after',
      'reset-after',
      'truncated',
    ];
    let seed = 1;
    const random = () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return seed / 2 ** 31;
    };
    proxy.faultFor = () => {
      const slowness = random();
      proxy.delayMs = slowness < 0.001 ? 2000 : slowness < 0.2 ? 20 : 0;
      return random() < 0.08 ? faults[Math.floor(random() * faults.length)] : undefined;
    };
    const writers = Array.from({ length: 4 }, async (_, writer) => {
      const table = await DeltaTable.open(new S3Store(place, { client: clientAt(proxy.url) }), {
        checkpoints: PARQUET_CHECKPOINTS,
      });
      for (let version = 1; version <= 250; version++) {
        const commit = () => append(table, [`${writer}-${version}`], { appId: `w${writer}`, version });
        while ((await commit().catch(() => undefined)) === undefined);
      }
    });
    await Promise.all(writers);
    const paths = await pathsOf(place);
    expect([paths.length, new Set(paths).size]).toEqual([1000, 1000]);
  }, 400_000);

  it.each([
    'upload:begun',
    'upload:part',
    'upload:ended',
    'commit:before-put',
    'commit:put',
    'put:before-put',
    'put:put',
  ])('survive kill -9 at %s', async (killAt) => {
    const place = newPlace();
    const store = new S3Store(place, { client: clientAt(gateway.url) });
    await makeTable(store);
    const write = async (...args: string[]) => {
      const env = { ...process.env, ...gateway.env };
      const [code, signal] = await once(fork(KILLED_WRITER, [place, ...args], { env }), 'close');
      return signal ?? code;
    };
    expect(await write(killAt)).toBe('SIGKILL');
    expect(await write()).toBe(0);
    const paths = await pathsOf(place);
    expect(paths.map((path) => path.slice(0, 6))).toEqual(['part-1', 'part-2', 'part-3']);
    for (const [index, path] of paths.entries()) {
      const bytes = Buffer.from((await store.read(path)) ?? []);
      expect(bytes.equals(Buffer.alloc(17 * 2 ** 20, String(index + 1)))).toBe(true);
    }
  });
});
