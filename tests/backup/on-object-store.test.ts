import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PRICES_TABLE } from '../../src/lake/tables/prices.ts';
import { duckdbType } from '../../src/query/scan/duckdb-type.ts';
import type { FakeS3 } from '../support/fake-s3.ts';
import { place, rows } from '../support/lake-on-s3.ts';
import { parquetTable } from '../support/parquet-table.ts';
import { run } from '../support/program.ts';

const BACKUPS = 's3://lake/my backups=1';
const KEY = 'lake/my backups=1';

const prices = (symbol: string) =>
  `SELECT ${Object.entries(PRICES_TABLE.columns)
    .filter(([name]) => name !== 'date')
    .map(([name, type]) => `${name === 'symbol' ? `'${symbol}'` : `NULL::${duckdbType(type)}`} AS ${name}`)}`;

/** A lake on a disk, and an object store. */
async function places() {
  const { server, folder, env } = await place();
  const lake = join(folder, 'lake');
  const made = await parquetTable(join(lake, 'prices'), PRICES_TABLE.columns, {}, ['date']);
  const add = (symbol: string) =>
    made.add(prices(symbol), {
      path: `date=2026-11-20/${symbol}.parquet`,
      partitionValues: { date: '2026-11-20' },
    });
  for (const symbol of ['A', 'B']) await add(symbol);
  const backUp = (...more: string[]) => run(['backup', '--lake', lake, '--to', BACKUPS, ...more], { env });
  const restore = (...more: string[]) => run(['restore', '--from', BACKUPS, ...more], { env });
  return { server, folder, env, lake, made, add, backUp, restore };
}

async function symbolsIn(lake: string, env: Record<string, string>): Promise<unknown[]> {
  const found = await rows(env, 'SELECT symbol FROM prices ORDER BY 1', '--lake', lake);
  return found.map((row) => (row as { symbol: string }).symbol);
}

function keysOf({ objects }: FakeS3, pattern: RegExp): string[] {
  return [...objects.keys()]
    .filter((key) => key.startsWith(`${KEY}/`) && pattern.test(key))
    .map((key) => key.slice(KEY.length + 1))
    .sort();
}

const stampsIn = (server: FakeS3) => keysOf(server, /Z\.json$/).map((key) => key.slice(0, -5));
const MADE = {
  code: 0,
  stderr: expect.stringMatching(/backed up and verified: s3:\/\/lake\/my backups=1\/2/),
};
/** Names of back-ups have whole seconds. */
const nextSecond = () => new Promise((resolve) => setTimeout(resolve, 1000 - (Date.now() % 1000) + 5));

describe('back-ups on an object store', () => {
  it('hold each version, and data files once; each is restored to a disk and to a store', async () => {
    const { server, folder, env, add, backUp, restore } = await places();
    expect(await backUp()).toMatchObject(MADE);
    await add('C');
    await nextSecond();
    server.requests.length = 0;
    expect(await backUp()).toMatchObject(MADE);
    const sent = server.requests.filter((request) => /^PUT .*_files/.test(request));
    expect(sent).toEqual([expect.stringMatching(/C\.parquet$/)]);
    // What was proved is not fetched again.
    expect(server.requests.filter((request) => /^GET .*[AB]\.parquet/.test(request))).toEqual([]);
    expect(keysOf(server, /\.parquet$/)).toEqual(
      ['A', 'B', 'C'].map((symbol) => `_files/prices/date=2026-11-20/${symbol}.parquet`),
    );
    const [first = '', second = ''] = stampsIn(server);
    const onDisk = join(folder, 'restored');
    expect(await restore('--to', onDisk)).toMatchObject({ code: 0 });
    expect(await symbolsIn(onDisk, env)).toEqual(['A', 'B', 'C']);
    expect(await restore('--at', first, '--to', 's3://lake/old')).toMatchObject({ code: 0 });
    expect(await symbolsIn('s3://lake/old', env)).toEqual(['A', 'B']);
    const over = await restore('--to', 's3://lake/old');
    expect(over).toMatchObject({ code: 2, stderr: expect.stringMatching(/is there already/) });
    const one = await run(['restore', '--from', `${BACKUPS}/${first}`, '--to', join(folder, 'one')], { env });
    expect(one.code).toBe(0);
    expect(await symbolsIn(join(folder, 'one'), env)).toEqual(['A', 'B']);
    expect(second > first).toBe(true);
  }, 120_000);

  it('of a lake that lies there, too, go when they are too old, with the files that no other one has', async () => {
    const { server, folder, env, lake, made } = await places();
    const there = 's3://lake/lake';
    const copy = async () =>
      expect(await run(['copy', '--from', lake, '--to', there], { env })).toMatchObject({ code: 0 });
    const backUp = (...more: string[]) => run(['backup', '--lake', there, '--to', BACKUPS, ...more], { env });
    await copy();
    expect(await backUp()).toMatchObject(MADE);
    const path = 'date=2026-11-20/A.parquet';
    const remove = { path, dataChange: true, deletionTimestamp: Date.now() };
    await made.table.commit({ operation: 'DELETE', removes: [remove], reads: 'whole-table' });
    await copy();
    await nextSecond();
    const [old] = stampsIn(server);
    expect(await backUp('--keep', '1s')).toMatchObject({ ...MADE, code: 0 });
    await nextSecond();
    const last = await backUp('--keep', '1s');
    expect(last).toMatchObject({ code: 0, stderr: expect.stringContaining(`removed ${BACKUPS}/`) });
    expect(stampsIn(server)).not.toContain(old);
    expect(keysOf(server, new RegExp(`/${old}/`))).toEqual([]);
    expect(keysOf(server, /\.parquet$/)).toEqual(['_files/prices/date=2026-11-20/B.parquet']);
    const restored = join(folder, 'restored');
    expect(await run(['restore', '--from', BACKUPS, '--to', restored], { env })).toMatchObject({ code: 0 });
    expect(await symbolsIn(restored, env)).toEqual(['B']);
  }, 120_000);

  it('that broke off are none; the next one proves what they left, and takes it away when nobody needs it', async () => {
    const { server, folder, add, backUp, restore } = await places();
    expect(await backUp()).toMatchObject(MADE);
    await add('C');
    await nextSecond();
    // Its manifest never comes.
    server.faults.push({ mode: '500-before', method: 'PUT', match: 'Z.json', times: 100 });
    expect((await backUp()).code).not.toBe(0);
    expect(stampsIn(server)).toHaveLength(1);
    server.faults.length = 0;
    await nextSecond();
    const key = [...server.objects.keys()].find((name) => name.endsWith('/B.parquet')) ?? '';
    const bytes = server.objects.get(key) ?? Buffer.alloc(0);
    server.objects.set(key, Buffer.alloc(bytes.byteLength));
    const damaged = await backUp();
    expect(damaged).toMatchObject({ code: 1, stderr: expect.stringMatching(/B\.parquet.*BACKUP_FAILED/s) });
    server.objects.set(key, bytes);
    await nextSecond();
    expect(await backUp()).toMatchObject(MADE);
    expect(keysOf(server, /unfinished$/)).toEqual([]);
    expect(stampsIn(server)).toHaveLength(2);
    server.objects.set(key, bytes.subarray(1));
    const refused = await restore('--to', join(folder, 'restored'));
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/B\.parquet.*BACKUP_FAILED/s) });
    expect(await readdir(folder)).not.toContain('restored');
  }, 120_000);

  it('refuse to lie in the lake, and are made by one machine at a time', async () => {
    const { env, server, backUp } = await places();
    const inside = await run(['backup', '--lake', 's3://lake/x', '--to', 's3://lake/x/backups'], { env });
    expect(inside).toMatchObject({ code: 2, stderr: expect.stringMatching(/is the lake itself/) });
    const held = JSON.stringify({ holder: 'another', host: 'elsewhere', pid: 7 });
    server.objects.set(`${KEY}/_leases/backup/00000000000000000001.json`, Buffer.from(held));
    expect(await backUp()).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/held by elsewhere \(process 7\)/),
    });
  }, 60_000);
});
