import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { DeltaTable } from '../../src/delta/delta-table.ts';
import { FileCache } from '../../src/delta/store/s3/file-cache.ts';
import { S3Client } from '../../src/delta/store/s3/s3-client.ts';
import { S3Store } from '../../src/delta/store/s3-store.ts';
import { AwsCredentialChain } from '../../src/network/aws/aws-credentials.ts';
import { PARQUET_CHECKPOINTS } from '../../src/parquet/parquet-checkpoints.ts';
import { append, makeTable } from '../support/delta.ts';
import { faultProxy, type ProxyFault } from '../support/fault-proxy.ts';
import { run, temporaryFolder } from '../support/program.ts';
import { tableStoreSuite } from '../support/table-store-suite.ts';
import { bucketFolder, type Gateway, removeBucketFolder, startGateway } from '../support/versitygw.ts';

const WRITER = resolve('tests/support/append-process.js');
const KILLED_WRITER = resolve('tests/support/s3-write-process.js');
/** What a session over an object store is closed with. */
const SANDBOX: readonly (readonly [string, string])[] = [
  ['s3_url_compatibility_mode', 'true'],
  ['validate_external_file_cache', 'NO_VALIDATION'],
  ['httpfs_connection_caching', 'true'],
  ['threads', '16'],
  ['enable_external_access', 'false'],
  ['lock_configuration', 'true'],
  ['autoinstall_known_extensions', 'false'],
  ['autoload_known_extensions', 'false'],
];
const HTTPFS = process.env.CRYPTO_LAKE_TEST_HTTPFS || undefined;

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

describe.skipIf(HTTPFS === undefined)('a query with httpfs (of the suite run by tests/interop/run)', () => {
  async function bigLake() {
    const lake = `s3://lake/big lake ${++tables}`;
    const local = await temporaryFolder();
    const env = {
      ...gateway.env,
      CRYPTO_LAKE_DIR: lake,
      CRYPTO_LAKE_CACHE: join(local, 'cache'),
      CRYPTO_LAKE_SPOOL: join(local, 'spool'),
      HOME: local,
    };
    const { parquetTable } = await import('../support/parquet-table.ts');
    const columns = { symbol: 'string', price: 'double', filler: 'string' } as const;
    const table = await parquetTable(join(local, 'tables', 'ticks'), columns);
    await table.add(
      "SELECT 'S' || lpad((i // 4000)::VARCHAR, 3, '0') AS symbol, i::DOUBLE AS price, md5(i::VARCHAR) AS filler FROM range(400000) t(i)",
    );
    expect((await run(['copy', '--from', join(local, 'tables'), '--to', lake], { env })).code).toBe(0);
    return { lake, env };
  }

  it('reads the parts that it needs, and SQL gets neither keys nor another file', async () => {
    const proxy = await faultProxy(gateway.url);
    onTestFinished(() => proxy.close());
    const { lake, env } = await bigLake();
    const remote = { ...env, AWS_ENDPOINT_URL: proxy.url, CRYPTO_LAKE_HTTPFS: HTTPFS ?? '' };
    const ask = (sql: string) => run(['read', '--sql', sql, '--format', 'ndjson'], { env: remote });
    const { stdout, stderr } = await ask("SELECT count(*)::INT AS n FROM ticks WHERE symbol = 'S042'");
    expect([stdout.trim(), stderr]).toEqual(['{"n":4000}', '']);
    expect(proxy.counts.bytesDown).toBeGreaterThan(0);
    expect(proxy.counts.bytesDown).toBeLessThan(4_000_000);
    const settings = await ask('SELECT name, value FROM duckdb_settings()');
    expect([settings.code, settings.stderr]).toEqual([0, '']);
    expect(settings.stdout).not.toMatch(/interop-key|interop-secret/);
    const values = new Map(
      settings.stdout
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as { name: string; value: string })
        .map(({ name, value }) => [name, value]),
    );
    for (const [name, value] of SANDBOX) expect([name, values.get(name)]).toEqual([name, value]);
    // DuckDB's own, for what does not fit into memory.
    expect(values.get('allowed_directories')).toMatch(/^\[[^,]*\/\.crypto-lake-scratch-[^,/]*\/\]$/);
    // Of the one file that the query may open, as a name and as a pattern, and its own result.
    const planned = await ask("SELECT current_setting('allowed_paths') AS paths, count(*) AS n FROM ticks");
    const allowed = (JSON.parse(planned.stdout) as { paths: string[] }).paths;
    expect(allowed.filter((path) => !path.endsWith('/result.parquet'))).toEqual([
      expect.stringMatching(/^s3:\/\/lake\/big lake \d+\/ticks\/.*\.parquet$/),
    ]);
    let strangers = 0;
    const stranger = await faultProxy(gateway.url);
    onTestFinished(() => stranger.close());
    stranger.faultFor = () => {
      strangers++;
      return undefined;
    };
    const host = new URL(stranger.url).host;
    for (const sql of [
      'FROM duckdb_secrets()',
      'SELECT * FROM duckdb_secrets(redact=false)',
      "SELECT current_setting('s3_secret_access_key'), which_secret FROM which_secret('s3://lake/x', 's3')",
      `COPY (SELECT 1) TO '${lake}/ticks/x.parquet'`,
      "CREATE OR REPLACE SECRET x (TYPE s3, ENDPOINT 'elsewhere')",
      `SELECT * FROM read_parquet('${lake}/ticks/../ticks/x.parquet')`,
      `SELECT * FROM read_parquet('${lake}/ticks/x.parquet?s3_endpoint=${host}&s3_use_ssl=false'), ticks`,
      `SELECT * FROM read_text('${lake}/x?s3_endpoint=${host}&s3_use_ssl=false'), ticks`,
      `SELECT * FROM read_parquet('${lake}/ticks/*.parquet'), ticks`,
      `SELECT * FROM read_text('${lake}/ticks/_delta_log/00000000000000000000.json'), ticks`,
      `SELECT * FROM read_text('s3://other/x'), ticks`,
      `SELECT * FROM read_text('${stranger.url}/x'), ticks`,
    ]) {
      const { code, stdout: out, stderr: reported } = await ask(sql);
      expect([sql, code]).toEqual([sql, 2]);
      expect(out + reported).not.toMatch(/interop-key|interop-secret/);
    }
    expect(strangers).toBe(0);
  });

  it('is not what compaction needs copies for: it reads from the store, within a local folder of bounded size', async () => {
    const { env } = await bigLake();
    const compact = ['compact', '--table', 'ticks', '--all', '--zorder', 'symbol,price'];
    const remote = { ...env, CRYPTO_LAKE_HTTPFS: HTTPFS ?? '' };
    const hash = 'SELECT count(*)::INT AS n, sum(hash(t))::VARCHAR AS h FROM ticks t';
    const before = await run(['read', '--sql', hash], { env: remote });
    const narrow = await run(compact, { env: { ...remote, CRYPTO_LAKE_CACHE_SIZE: '10MB' } });
    expect([narrow.code, narrow.stderr]).toEqual([1, expect.stringContaining('CRYPTO_LAKE_CACHE_SIZE')]);
    const { code, stderr } = await run(compact, { env: { ...remote, CRYPTO_LAKE_CACHE_SIZE: '100MB' } });
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('error')]);
    const copies = await readdir(env.CRYPTO_LAKE_CACHE, { recursive: true });
    expect(copies.filter((name) => name.endsWith('.parquet') && !name.includes('_delta_log'))).toEqual([]);
    expect((await run(['read', '--sql', hash], { env: remote })).stdout).toBe(before.stdout);
  });
});
