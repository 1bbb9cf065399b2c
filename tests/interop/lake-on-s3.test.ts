import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LAKE, place, rows } from '../support/lake-on-s3.ts';
import { eventually, exchangeAt, run, start } from '../support/program.ts';
import { simulatorFor } from '../support/simulator.ts';
import { smallLake } from '../support/small-lake.ts';

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
      "SELECT DISTINCT split_part(connection, '/', 1) AS name FROM coverage WHERE connection LIKE '%/%'",
    );
    // Also when both have the same host name, as here.
    expect(machines).toEqual(
      Array.from({ length: 2 }, () => ({ name: expect.stringMatching(/-[0-9a-f]{8}$/) })),
    );
    const onDisk = await run(['liquidations', '--shared', '--lake', join(folder, 'local')], { env: all });
    expect([onDisk.code, onDisk.stderr]).toEqual([
      2,
      expect.stringContaining('is for a lake on an object store'),
    ]);
    const prices = await run(['both', '--shared'], { env: all });
    expect([prices.code, prices.stderr]).toEqual([2, expect.stringContaining('cannot be shared')]);
  }, 120_000);
});
