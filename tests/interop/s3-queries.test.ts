import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { faultProxy } from '../support/fault-proxy.ts';
import { freePort } from '../support/free-port.ts';
import { LAKE, place } from '../support/lake-on-s3.ts';
import { parquetTable } from '../support/parquet-table.ts';
import { eventually, run, start, temporaryFolder } from '../support/program.ts';
import { bucketFolder, type Gateway, removeBucketFolder, startGateway } from '../support/versitygw.ts';

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
let tables = 0;

beforeAll(async () => {
  folder = await bucketFolder();
  gateway = await startGateway(folder);
});

afterAll(async () => {
  await gateway.stop();
  await removeBucketFolder(folder);
});

/** What a user of SQL may try in order to read, write or send what is not of the query's tables. */
function hostileSql(lake: string, stranger: string): readonly string[] {
  const { host } = new URL(stranger);
  const at = `s3_endpoint=${host}&s3_use_ssl=false`;
  return [
    'FROM duckdb_secrets()',
    'SELECT * FROM duckdb_secrets(redact=false)',
    "SELECT current_setting('s3_secret_access_key'), which_secret FROM which_secret('s3://lake/x', 's3')",
    "SELECT getenv('AWS_SECRET_ACCESS_KEY')",
    `COPY (SELECT 1) TO '${lake}/ticks/x.parquet'`,
    `COPY ticks TO '${stranger}/x.csv'`,
    "CREATE OR REPLACE SECRET x (TYPE s3, ENDPOINT 'elsewhere')",
    'DROP SECRET lake_0',
    `SET s3_endpoint = '${host}'`,
    'SET enable_external_access = true',
    'RESET allowed_paths',
    "CALL enable_logging('HTTP')",
    `ATTACH '${stranger}/x.db' AS x`,
    `ATTACH '${lake}/ticks/x.db' AS x`,
    'INSTALL httpfs',
    `SELECT * FROM read_parquet('${lake}/ticks/../ticks/x.parquet')`,
    `SELECT * FROM read_parquet('${lake}/ticks/x.parquet?${at}'), ticks`,
    `SELECT * FROM read_text('${lake}/x?${at}'), ticks`,
    `SELECT * FROM read_parquet('${lake}/ticks/*.parquet'), ticks`,
    `SELECT * FROM read_text('${lake}/ticks/_delta_log/00000000000000000000.json'), ticks`,
    "SELECT * FROM read_text('s3://other/x'), ticks",
    `SELECT * FROM read_text('${stranger}/x'), ticks`,
    `SELECT * FROM read_blob('${stranger}/x'), ticks`,
    `SELECT * FROM read_csv('${stranger}/x.csv'), ticks`,
    `SELECT * FROM '${stranger}/x.parquet', ticks`,
    "SELECT * FROM 's3://other/x.parquet', ticks",
    `SELECT * FROM glob('${lake}/**'), ticks`,
    "SELECT * FROM glob('/etc/*'), ticks",
    "SELECT * FROM read_text('/proc/self/environ'), ticks",
  ];
}

/** A store that nobody named, which counts who asks it. */
async function strangerServer() {
  const proxy = await faultProxy(gateway.url);
  onTestFinished(() => proxy.close());
  const stranger = { url: proxy.url, requests: 0 };
  proxy.faultFor = () => {
    stranger.requests++;
    return undefined;
  };
  return stranger;
}

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
    const stranger = await strangerServer();
    for (const sql of hostileSql(lake, stranger.url)) {
      const { code, stdout: out, stderr: reported } = await ask(sql);
      expect([sql, code]).toEqual([sql, 2]);
      expect(out + reported).not.toMatch(/interop-key|interop-secret/);
    }
    expect(stranger.requests).toBe(0);
    for (const fault of ['503-before', 'reset-before'] as const) {
      proxy.faultFor = (_, url) => (url.includes('.parquet') ? fault : undefined);
      const away = await ask("SELECT count(*) FROM ticks WHERE symbol = 'S042'");
      expect([fault, away.code, away.stderr]).toEqual([
        fault,
        1,
        expect.stringMatching(/STORE_UNREACHABLE[\s\S]*AWS_ENDPOINT_URL/),
      ]);
    }
  });

  it('is as closed to SQL that comes over HTTP, whether it reads ranges or whole files', async () => {
    const { lake, env } = await bigLake();
    const stranger = await strangerServer();
    for (const httpfs of [HTTPFS ?? '', '/nowhere/httpfs.duckdb_extension']) {
      const port = await freePort();
      const serving = start(['serve', '--port', String(port)], {
        env: { ...env, CRYPTO_LAKE_HTTPFS: httpfs },
      });
      const post = async (sql: string) => {
        const answer = await fetch(`http://127.0.0.1:${port}/sql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ sql }),
        }).catch(() => undefined);
        return answer && { status: answer.status, text: await answer.text() };
      };
      const good = await eventually('an answer', () => post('SELECT count(*)::INT AS n FROM ticks'), 30_000);
      expect(good).toEqual({ status: 200, text: expect.stringContaining('400000') });
      for (const sql of hostileSql(lake, stranger.url)) {
        const refusal = await post(sql);
        expect([sql, refusal?.status]).toEqual([sql, 400]);
        expect(refusal?.text).toMatch(/"code":"SQL_(FORBIDDEN|INVALID)"/);
        expect(refusal?.text).not.toMatch(/interop-key|interop-secret/);
      }
      const settings = await post('SELECT name, value FROM duckdb_settings()');
      expect(settings?.status).toBe(200);
      expect(settings?.text).not.toMatch(/interop-key|interop-secret/);
      serving.kill('SIGTERM');
      expect((await serving.finished).code).toBe(0);
    }
    expect(stranger.requests).toBe(0);
  });

  it('that the store never answers does not keep `serve` from ending', async () => {
    const { server, folder, env } = await place();
    const table = await parquetTable(join(folder, 'tables', 'ticks'), { i: 'long', filler: 'string' });
    await table.add('SELECT i, md5(i::VARCHAR) AS filler FROM range(400000) t(i)');
    expect((await run(['copy', '--from', join(folder, 'tables'), '--to', LAKE], { env })).code).toBe(0);
    const port = await freePort();
    const serving = start(['serve', '--port', String(port)], {
      env: { ...env, CRYPTO_LAKE_HTTPFS: HTTPFS ?? '' },
    });
    const url = `http://127.0.0.1:${port}`;
    await eventually('the server', () =>
      fetch(`${url}/health`).then(
        () => true,
        () => false,
      ),
    );
    server.faults.push({ mode: 'hang-after', match: '.parquet', times: Number.POSITIVE_INFINITY });
    const before = server.requests.length;
    const body = JSON.stringify({ sql: 'SELECT max(filler) FROM ticks' });
    const headers = { 'content-type': 'application/json' };
    const asked = fetch(`${url}/sql`, { method: 'POST', headers, body }).catch(() => undefined);
    await eventually('the question', () =>
      server.requests.slice(before).some((request) => request.includes('.parquet')),
    );
    const stoppedMs = performance.now();
    serving.kill('SIGTERM');
    const { code, signal } = await serving.finished;
    expect([code, signal]).toEqual([null, 'SIGTERM']);
    expect(performance.now() - stoppedMs).toBeLessThan(20_000);
    await asked;
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
