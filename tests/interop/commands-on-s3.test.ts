import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildProgram } from '../../src/cli/program.ts';
import { MINUTE_US } from '../../src/lake/timeframe.ts';
import { storeBars, walk } from '../support/bars.ts';
import { freePort } from '../support/free-port.ts';
import { LAKE, place, rows } from '../support/lake-on-s3.ts';
import { eventually, exchangeAt, type RunOptions, run, start } from '../support/program.ts';
import { simulatorFor } from '../support/simulator.ts';

const HTTPFS = process.env.CRYPTO_LAKE_TEST_HTTPFS || undefined;
const MINUTES = 2000;
/** Commands of a lake whose test on S3 is in another place, and those that are about no lake. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  ...['liquidations', 'once', 'copy'], // lake-on-s3.test.ts
  ...['derive', 'train', 'predict', 'models', 'serve', 'up', 'backup', 'restore'], // below
  'databricks', // tests/e2e/databricks.test.ts
  ...['prices', 'bars', 'trades'], // tests/e2e/store-away.test.ts
  ...['demo', 'simulate', 'users', 'config', 'service', 'completion'],
]);
/** Of every command, or of what it prints. */
const COMMON = /^--(help|format|json|output|no-truncate)$/;
const WAYS: [string, Record<string, string>][] = [['whole files', {}]];
if (HTTPFS !== undefined) WAYS.push(['byte ranges', { CRYPTO_LAKE_HTTPFS: HTTPFS }]);

/** A lake on S3 and the same one on a disk: bars of two symbols that end now. */
async function twoLakes() {
  const { server, folder, env } = await place();
  const local = join(folder, 'local');
  const fromUs = Math.floor((Date.now() * 1000) / MINUTE_US) * MINUTE_US - MINUTES * MINUTE_US;
  await storeBars(local, [
    ...walk(MINUTES, { seed: 1, fromUs }),
    ...walk(MINUTES, { seed: 2, fromUs, symbol: 'ETHUSDT' }),
  ]);
  await succeed(['copy', '--from', local, '--to', LAKE], { env });
  const onDisk = { HOME: folder, CRYPTO_LAKE_DIR: local };
  return { server, folder, env, onDisk };
}

async function succeed(args: readonly string[], options: RunOptions): Promise<string> {
  const { code, stdout, stderr } = await run(args, options);
  expect([args, code, stderr.includes('error:') ? stderr : '']).toEqual([args, 0, '']);
  return stdout;
}

describe('a lake on S3', () => {
  it('is derived from, trained on, predicted from and kept as one on a disk is, to the bit', async () => {
    const { folder, env, onDisk } = await twoLakes();
    for (const one of [env, onDisk]) {
      await succeed(['derive', '--timeframe', '1m,5m'], { env: one });
      await succeed(['derive', '--prove', '--at', '1h', '--timeframe', '1m,5m'], { env: one });
    }
    for (const table of ['bars_rollup', 'indicators', 'features']) {
      const sql = `SELECT count(*)::INT AS n, sum(hash(COLUMNS(c -> c <> 'inputs_version')))::VARCHAR AS h FROM ${table}`;
      const [there] = await rows(env, sql);
      expect(there).toEqual((await rows(onDisk, sql))[0]);
      expect((there as { n: number }).n).toBeGreaterThan(100);
    }
    const train = ['train', '--symbol', 'BTCUSDT', '--since', '2d', '--features', 'all', '--format', 'json'];
    await succeed(train, { env });
    const [model] = JSON.parse(await succeed(['models', 'list', '--format', 'json'], { env })) as {
      name: string;
      run: string;
    }[];
    expect(model?.name).toContain('BTCUSDT.1m');
    const name = model?.name ?? '';
    await succeed(['train', '--replay', model?.run ?? ''], { env });
    await succeed(['models', 'show', name], { env });
    await succeed(['models', 'promote', name, '--version', '1'], { env });
    await succeed(['models', 'export', name, '--to', join(folder, 'model')], { env });
    await succeed(['predict', '--symbol', 'BTCUSDT', '--allow-stale'], { env });
    expect(await rows(env, 'SELECT count(*)::INT AS n FROM predictions')).toEqual([{ n: 1 }]);
    await succeed(['compact', '--all'], { env });
    await succeed(['train', '--replay', model?.run ?? ''], { env });
    await succeed(['models', 'delete', name, '--version', '1'], { env });
    await succeed(['tables', '--verify', 'features'], { env });
    const check = ['tables', '--check', '--quality'];
    expect((await run(check, { env })).code).toBe((await run(check, { env: onDisk })).code);
  }, 240_000);

  it.each(WAYS)(
    'is served from %s, on a machine without a spool, too',
    async (_, httpfs) => {
      const { env } = await twoLakes();
      const { CRYPTO_LAKE_SPOOL: _spool, ...reading } = env;
      const port = await freePort();
      const serving = start(['serve', '--port', String(port)], { env: { ...reading, ...httpfs } });
      const url = `http://127.0.0.1:${port}`;
      const ask = async (path: string, init?: RequestInit) => {
        const answer = await fetch(`${url}${path}`, init);
        return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
      };
      await eventually('the server', () =>
        fetch(`${url}/health`).then(
          () => true,
          () => false,
        ),
      );
      expect((await ask('/health')).body).toMatchObject({
        status: 'ok',
        lake: { tables: 1 },
        collectors: [],
      });
      const page = await ask('/bars/BTCUSDT?timeframe=1m&limit=100');
      expect([page.status, (page.body.data as unknown[]).length]).toEqual([200, 100]);
      expect(page.body.data_version).toEqual({ bars_1m: expect.any(Number) });
      const past = await ask('/bars/BTCUSDT?timeframe=1m&limit=100&as_of=0');
      expect([past.status, (past.body.data as unknown[]).length]).toEqual([200, 0]);
      const sql = await ask('/sql', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ sql: 'SELECT symbol, count(*)::INT AS n FROM bars_1m GROUP BY 1 ORDER BY 1' }),
      });
      expect(JSON.stringify(sql.body)).toContain(String(MINUTES));
      await succeed(['derive', '--timeframe', '5m'], { env });
      const derived = await eventually('the rows that were derived meanwhile', async () => {
        const { body } = await ask('/bars/BTCUSDT?timeframe=5m&limit=10');
        return (body.data as unknown[] | undefined)?.length === 10 && body;
      });
      expect(derived.data_version).toMatchObject({ bars_rollup: expect.any(Number) });
      expect(await (await fetch(`${url}/metrics`)).text()).toMatch(/table_rows\{table="bars_1m"\} 4000/);
      serving.kill('SIGTERM');
      expect((await serving.finished).code).toBe(0);
    },
    120_000,
  );

  it('is collected into, looked after and asked by every other command, with all flags of `tables` and `compact`', async () => {
    const { server, folder, env } = await place();
    const simulator = await simulatorFor({ framesPerSecond: 20, symbols: 8 });
    const all = {
      ...env,
      ...exchangeAt(simulator),
      CRYPTO_LAKE_PRICES_INTERVAL: '2s',
      CRYPTO_LAKE_FLUSH: '1s',
    };
    const commits = (table: string) =>
      [...server.objects.keys()].filter((name) => name.includes(`/${table}/_delta_log/0`)).length;
    const ran: (readonly string[])[] = [];
    const succeeds = async (...args: string[]) => {
      ran.push(args);
      return succeed(args, { env: all });
    };
    const days = ['--symbols', 'BTCUSDT', '--since', '2025-03-01', '--until', '2025-03-01T03:00Z'];
    await succeeds('symbols', 'add', 'BTCUSDT', 'usdm:SOLUSDT');
    expect(await succeeds('symbols', '--json')).toMatch(/BTCUSDT[\s\S]*SOLUSDT/);
    // The simulator is one of Binance alone.
    expect((await run(['symbols', 'refresh'], { env: all })).stderr).toMatch(/^Binance: \d+ symbols have/);
    await succeeds('symbols', 'remove', 'usdm:SOLUSDT');
    await succeeds('backfill', 'bars', ...days);
    await succeeds('backfill', 'trades', ...days);
    await succeeds('reconcile', 'bars', '--symbols', 'BTCUSDT', '--since', '2025-03-01');
    ran.push(['both']);
    const collector = start(['both'], { env: all });
    await eventually(
      'two commits of each',
      () => commits('liquidation') >= 2 && commits('prices') >= 2,
      40_000,
    );
    collector.kill('SIGTERM');
    expect((await collector.finished).code).toBe(0);
    ran.push(['tables', '--check', '--max-lag', '1h']);
    const [stale, list, columns, doctor] = await Promise.all([
      run(['tables', '--check', '--max-lag', '1h'], { env: all }),
      succeeds('tables', '--json'),
      succeeds('tables', 'trades'),
      succeeds('doctor', '--json'),
      succeeds('tables', '--history', 'prices'),
      succeeds('tables', '--check', '--quality'),
      succeeds('read'),
      succeeds('spool', '--take-back'),
    ]);
    // No query fetches what reads ranges: here it is said how to get it.
    expect(doctor).toContain('INSTALL httpfs');
    expect([stale.code, stale.stderr]).toEqual([3, expect.stringContaining('liquidations (stopped)')]);
    expect([list, columns]).toEqual([
      expect.stringContaining('"trades"'),
      expect.stringContaining('trade_id'),
    ]);
    const ofDay =
      "SELECT count(*)::INT AS n, sum(hash(t))::VARCHAR AS h FROM trades t WHERE date = '2025-03-01'";
    const before = await rows(env, ofDay);
    await succeeds(
      'compact',
      '--table',
      'trades',
      '--partition',
      'date=2025-03-01',
      '--zorder',
      'symbol,price',
    );
    await succeeds('compact', '--table', 'bars_1m', '--where', 'date=2025-03-01', '--target-size', '1MB');
    await succeeds('compact', '--all', '--memory', '512MB');
    await Promise.all([succeeds('compact', '--vacuum'), succeeds('compact', '--dry-run')]);
    await Promise.all([
      succeeds('tables', '--verify', 'trades'),
      succeeds('tables', '--restore', 'prices', '--to', '1'),
    ]);
    expect(await rows(env, ofDay)).toEqual(before);
    // Nothing of the lake was made on this machine, but its spool and copies of what never changes.
    expect((await readdir(folder)).filter((name) => !['spool', 'cache', '.cache'].includes(name))).toEqual(
      [],
    );

    const program = buildProgram(async () => undefined);
    const names = new Set(ran.map(([name]) => name ?? ''));
    for (const command of program.commands) {
      const name = command.name();
      expect([name, names.has(name) !== ELSEWHERE.has(name)]).toEqual([name, true]);
      if (name !== 'tables' && name !== 'compact') continue;
      const flags = ran.filter(([own]) => own === name).flat();
      for (const { long, hidden } of command.options)
        if (!hidden && !COMMON.test(long ?? '')) expect(flags).toContain(long);
    }
  }, 240_000);

  it('is what `up` runs on, and is backed up to a disk and restored from there', async () => {
    const { folder, env } = await place();
    const simulator = await simulatorFor({ framesPerSecond: 20 });
    const port = await freePort();
    const all = {
      ...env,
      ...exchangeAt(simulator),
      CRYPTO_LAKE_PORT: String(port),
      CRYPTO_LAKE_UP: 'liquidations,prices,bars,derive,serve',
      CRYPTO_LAKE_PRICES_INTERVAL: '2s',
      CRYPTO_LAKE_FLUSH: '2s',
      CRYPTO_LAKE_UPKEEP: 'on',
    };
    const up = start(['up'], { env: all });
    await eventually(
      'all is well',
      async () => {
        const answer = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined);
        const health = (await answer?.json().catch(() => undefined)) as
          | { status: string; lake: { tables: number }; collectors: unknown[] }
          | undefined;
        return health?.status === 'ok' && health.lake.tables >= 4 && health.collectors.length >= 3;
      },
      60_000,
    );
    await succeed(['doctor'], { env: all });
    up.kill('SIGTERM');
    expect((await up.finished).code).toBe(0);
    const sql = 'SELECT (SELECT count(*) FROM liquidation)::INT AS n, sum(hash(p)) AS h FROM prices p';
    const there = await rows(env, sql);
    const backups = join(folder, 'backups');
    await succeed(['backup', '--to', backups, '--keep', '7d'], { env });
    const restored = join(folder, 'restored');
    await succeed(['restore', '--from', backups, '--to', restored], { env });
    expect(await rows({ HOME: folder, CRYPTO_LAKE_DIR: restored }, sql)).toEqual(there);
  }, 180_000);
});
