import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fakeS3 } from '../support/fake-s3.ts';
import { eventually, exchangeAt, run, start } from '../support/program.ts';
import { simulatorFor } from '../support/simulator.ts';
import { smallLake } from '../support/small-lake.ts';

const LAKE = 's3://lake/my lake=1';

async function place() {
  const server = await fakeS3();
  const folder = await mkdtemp(join(tmpdir(), 'crypto-lake-on-s3-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const env = {
    ...server.env,
    CRYPTO_LAKE_DIR: LAKE,
    CRYPTO_LAKE_SPOOL: join(folder, 'spool'),
    CRYPTO_LAKE_CACHE: join(folder, 'cache'),
    HOME: folder,
    LOG_TO_FILE: 'false',
  };
  return { server, folder, env };
}

async function rows(env: Record<string, string>, sql: string, ...more: string[]): Promise<unknown[]> {
  const { code, stdout, stderr } = await run(['read', '--sql', sql, '--format', 'ndjson', ...more], { env });
  expect([code, stderr]).toEqual([0, '']);
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as unknown);
}

describe('a lake on S3', () => {
  it('is collected, listed, queried, proved and kept like one on a disk', async () => {
    const { server, folder, env } = await place();
    const simulator = await simulatorFor({ market: 'steady', framesPerSecond: 20 });
    const all = { ...env, ...exchangeAt(simulator), CRYPTO_LAKE_FLUSH: '1s' };
    const collector = start(['liquidations'], { env: all });
    await eventually('three commits', () =>
      [...server.objects.keys()].some((name) =>
        name.includes('/liquidation/_delta_log/00000000000000000003.json'),
      ),
    );
    collector.kill('SIGTERM');
    expect((await collector.finished).code).toBe(0);
    expect((await run(['once'], { env: all })).code).toBe(0);
    const [counted] = await rows(
      env,
      'SELECT count(*)::INT AS n, count(DISTINCT symbol)::INT > 1 AS many FROM liquidation',
    );
    expect(counted).toMatchObject({ many: true });
    expect(await rows(env, 'SELECT count(*)::INT AS n FROM liquidation', '--as-of', '0')).toEqual([{ n: 0 }]);
    const mount = ['--table', `other=${LAKE}/prices`];
    expect(
      await rows(
        env,
        'SELECT (SELECT count(*) FROM other) = (SELECT count(*) FROM prices) AS same',
        ...mount,
      ),
    ).toEqual([{ same: true }]);
    for (const args of [
      ['tables'],
      ['tables', 'prices'],
      ['tables', '--history', 'prices'],
      ['tables', '--verify', 'liquidation'],
      ['compact', '--all'],
      ['compact', '--vacuum', '--dry-run'],
    ]) {
      const { code, stderr } = await run(args, { env });
      expect([args, code, stderr.includes('error:')]).toEqual([args, 0, false]);
    }
    expect(
      await rows(env, 'SELECT count(*)::INT AS n, count(DISTINCT symbol)::INT > 1 AS many FROM liquidation'),
    ).toEqual([counted]);
    expect((await run(['tables', '--restore', 'liquidation', '--to', '1'], { env })).code).toBe(0);
    expect(
      (
        await run(['read', '--sql', 'SELECT * FROM prices'], {
          env: { ...env, CRYPTO_LAKE_CACHE_SIZE: '1MB' },
        })
      ).code,
    ).toBe(0);
    // Nothing but the log, its checkpoints and data: no folder markers, no temporary names, no spool.
    const strange = [...server.objects.keys()].filter(
      (name) =>
        !/\/(_delta_log\/(\d{20}\.(json|checkpoint\.parquet)|_last_checkpoint)|_leases\/.*|date=[\d-]{10}\/part-[\w.-]+\.parquet)$/.test(
          name,
        ),
    );
    expect(strange).toEqual([]);
    expect(await readdir(folder)).toEqual(expect.arrayContaining(['cache', 'spool']));
  }, 90_000);

  it('needs a spool on this machine, keys, and a store that is there; it says which, and nothing of the keys', async () => {
    const { env } = await place();
    const { CRYPTO_LAKE_SPOOL: _, ...noSpool } = env;
    const cases: [Record<string, string>, string[], RegExp][] = [
      [{ ...noSpool, CRYPTO_LAKE_SPOOL: '' }, ['once'], /CONFIG_INVALID[\s\S]*CRYPTO_LAKE_SPOOL=/],
      [{ ...env, AWS_ACCESS_KEY_ID: '' }, ['tables'], /no keys for the object store[\s\S]*AWS_ACCESS_KEY_ID/],
      [{ ...env, AWS_ACCESS_KEY_ID: 'OTHERKEY1' }, ['tables'], /STORE_REFUSED[\s\S]*AWS_ACCESS_KEY_ID/],
      [{ ...env, AWS_ENDPOINT_URL: 'http://user:pass-word@127.0.0.1:1' }, ['tables'], /CONFIG_INVALID/],
      [{ ...env, CRYPTO_LAKE_DIR: 's3://no-such-bucket/x' }, ['tables'], /NoSuchBucket/],
      [{ ...env, CRYPTO_LAKE_DIR: 's3://UPPER/x' }, ['tables'], /is no place on an object store/],
    ];
    for (const [environment, args, message] of cases) {
      const { code, stdout, stderr } = await run(args, { env: environment });
      expect(code).not.toBe(0);
      expect(stderr).toMatch(message);
      expect(stdout + stderr).not.toMatch(/fake-secret|pass-word|OTHERKEY1| at .*\.js/);
    }
    const { stdout } = await run(['config', '--json'], { env });
    expect(stdout).not.toContain('fake-secret');
  }, 60_000);

  it('shows no key to SQL, and lets it open nothing but planned files', async () => {
    const { env, folder } = await place();
    await smallLake(join(folder, 'local'));
    expect((await run(['copy', '--from', join(folder, 'local'), '--to', LAKE], { env })).code).toBe(0);
    const questions = [
      'SELECT * FROM duckdb_secrets()',
      `FROM which_secret('${LAKE}/prices/x', 's3')`,
      "SELECT getenv('AWS_SECRET_ACCESS_KEY')",
      `SELECT * FROM read_parquet('${LAKE}/prices/*.parquet'), prices`,
      `SELECT * FROM read_text('${LAKE}/x?s3_endpoint=127.0.0.1:1&s3_use_ssl=false'), prices`,
      `SELECT * FROM glob('${folder}/**'), prices`,
      `SELECT * FROM read_text('/etc/hostname'), prices`,
    ];
    for (const sql of questions) {
      const { code, stdout, stderr } = await run(['read', '--sql', sql], { env });
      expect([sql, code]).toEqual([sql, 2]);
      expect(stdout + stderr).not.toMatch(/FAKEKEYID|fake-secret/);
    }
    const sql =
      "SELECT name, value FROM duckdb_settings() WHERE value LIKE '%FAKEKEY%' OR value LIKE '%fake-secret%'";
    expect(await rows(env, sql)).toEqual([]);
  }, 60_000);

  it('is copied there and back with its log, goes on where it was cut off, and is proved', async () => {
    const { server, env, folder } = await place();
    const local = join(folder, 'local');
    await smallLake(local);
    const there = ['copy', '--from', local, '--to', LAKE];
    server.faults.push({ mode: '500-before', method: 'PUT', match: 'liquidation', times: 100 });
    expect((await run(there, { env })).code).toBe(1);
    server.faults.length = 0;
    expect((await run([...there, '--json'], { env })).code).toBe(0);
    const again = await run([...there, '--json'], { env });
    const copied = JSON.parse(again.stdout) as { files_copied: number }[];
    expect([again.code, copied.map(({ files_copied }) => files_copied)]).toEqual([0, [0, 0, 0]]);
    const back = join(folder, 'back');
    expect((await run(['copy', '--from', LAKE, '--to', back], { env })).code).toBe(0);
    const sql = 'SELECT sum(hash(l)) AS h, (SELECT count(*) FROM prices) AS n FROM liquidation l';
    const ofLocal = await rows({ ...env, CRYPTO_LAKE_DIR: local }, sql);
    expect(await rows({ ...env, CRYPTO_LAKE_DIR: back }, sql)).toEqual(ofLocal);
    expect(await rows(env, sql)).toEqual(ofLocal);
    await smallLake(join(folder, 'other'));
    const { code, stderr } = await run(['copy', '--from', join(folder, 'other'), '--to', LAKE], { env });
    expect([code, stderr]).toEqual([6, expect.stringContaining('COPY_DIFFERS')]);
  }, 90_000);

  it('is collected by one machine, unless it is shared: then rows are stored once and coverage names each', async () => {
    const { env, folder } = await place();
    const simulator = await simulatorFor({ market: 'steady', framesPerSecond: 20 });
    const all = { ...env, ...exchangeAt(simulator), CRYPTO_LAKE_FLUSH: '1s' };
    const elsewhere = { ...all, CRYPTO_LAKE_SPOOL: join(folder, 'spool of another machine') };
    const alone = start(['liquidations'], { env: all });
    await eventually('its commits', async () => {
      const { stdout } = await run(['tables', '--format', 'ndjson'], { env });
      return /"liquidation","version":[1-9]/.test(stdout);
    });
    const second = await run(['liquidations'], { env: elsewhere });
    expect([second.code, second.stderr]).toEqual([1, expect.stringContaining('LAKE_LOCKED')]);
    expect(second.stderr).toContain('--shared');
    alone.kill('SIGTERM');
    expect((await alone.finished).code).toBe(0);
    const shared = [all, elsewhere].map((one) => start(['liquidations', '--shared'], { env: one }));
    const before = simulator.stats().distinctOrders;
    await eventually('orders for both', () => simulator.stats().distinctOrders > before + 120);
    shared[1]?.kill('SIGKILL');
    await eventually('orders for one', () => simulator.stats().distinctOrders > before + 160);
    await simulator.confirm();
    const again = start(['liquidations', '--shared'], { env: elsewhere });
    await eventually('orders for both again', () => simulator.stats().distinctOrders > before + 200);
    shared[0]?.kill('SIGTERM');
    again.kill('SIGTERM');
    expect((await shared[0]?.finished)?.code).toBe(0);
    expect((await again.finished).code).toBe(0);
    const [stored] = await rows(
      env,
      'SELECT count(*)::INT AS n, count(DISTINCT (market, symbol, side, trade_time, quantity, price, average_price, filled_quantity))::INT AS distinct_rows FROM liquidation',
    );
    const { n, distinct_rows } = stored as { n: number; distinct_rows: number };
    expect(n).toBe(distinct_rows);
    const confirmed = simulator.truth().liquidations.filter(({ isConfirmed }) => isConfirmed).length;
    expect(n).toBeGreaterThanOrEqual(confirmed);
    const machines = await rows(
      env,
      "SELECT DISTINCT connection LIKE '%/%' AS named FROM coverage ORDER BY 1",
    );
    expect(machines).toEqual([{ named: false }, { named: true }]);
    const onDisk = await run(['liquidations', '--shared', '--lake', join(folder, 'local')], { env: all });
    expect([onDisk.code, onDisk.stderr]).toEqual([
      2,
      expect.stringContaining('is for a lake on an object store'),
    ]);
    const prices = await run(['both', '--shared'], { env: all });
    expect([prices.code, prices.stderr]).toEqual([2, expect.stringContaining('cannot be shared')]);
  }, 120_000);
});
