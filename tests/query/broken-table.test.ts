import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { runInProcess } from '../support/in-process.ts';
import { smallLake } from '../support/small-lake.ts';

const DAMAGED = { code: 'TABLE_DAMAGED', exitCode: 6 };
let lake: string;

/** Prices lack their data file, coverage its log, and a file is in the place of quarantine. */
beforeAll(async () => {
  lake = await mkdtemp(join(tmpdir(), 'crypto-lake-broken-'));
  await smallLake(lake);
  const prices = join(lake, 'prices');
  for (const name of await readdir(prices, { recursive: true }))
    if (name.endsWith('.parquet')) await rm(join(prices, name));
  await writeFile(join(lake, 'coverage', '_delta_log', '00000000000000000001.json'), '{"add":');
  await writeFile(join(lake, 'quarantine'), '');
  await mkdir(join(lake, 'mine', '_delta_log'), { recursive: true });
}, 30_000);

afterAll(() => rm(lake, { recursive: true, force: true }));

const read = (...args: string[]) => runInProcess(lake, ['read', ...args]);

describe('tables that are broken', () => {
  it.each([
    ['SELECT count(*) FROM prices', /data file of the table is missing.*prices/],
    ["SELECT count(*) FROM query_table('prices') WHERE collected_at > now()", /data file.*missing/],
    ["FROM query_table('prices') WHERE date = '2020-01-01' LIMIT 1", /data file.*missing/],
    ['SELECT * FROM coverage', /coverage.*00000000000000000001\.json/],
    ["SELECT count(*) FROM query_table('coverage_gaps')", /coverage.*00000000000000000001\.json/],
    ['SELECT count(*) FROM quarantine', /quarantine` is a file where a table should be/],
  ])('are reported when they are asked for: %s', async (sql, message) => {
    const { error, stdout } = await read('--sql', sql);
    expect(error).toMatchObject({ ...DAMAGED, message: expect.stringMatching(message) });
    expect(String(stdout)).toBe('');
  });

  it('leave the others alone, in a query and in what the prompt asks of all tables', async () => {
    const one = await read('--sql', 'SELECT count(*) AS n FROM liquidation');
    expect([String(one.stdout), one.said, one.error]).toEqual(['{"n":192}\n', [], undefined]);
    const named = await read('--sql', "SELECT 'prices, coverage' AS n FROM liquidation LIMIT 1");
    expect([String(named.stdout), named.error]).toEqual(['{"n":"prices, coverage"}\n', undefined]);
    const names = await read('--sql', 'SELECT DISTINCT table_name AS t FROM duckdb_columns() ORDER BY 1');
    expect(names.error).toBeUndefined();
    expect(String(names.stdout)).toMatch(/coverage[\s\S]*liquidation[\s\S]*prices[\s\S]*quarantine/);
    expect(names.said.map((line) => line.split(' ')[0]).sort()).toEqual([
      'coverage',
      'mine',
      'prices',
      'quarantine',
    ]);
  });

  it('leave the others in the overview, which ends with the error', async () => {
    const { stdout, said, error } = await read();
    expect(String(stdout)).toMatch(/What is stored\s+table .*\s.*\sliquidation +192 /);
    expect(String(stdout)).not.toMatch(/^prices/m);
    expect(String(stdout)).toMatch(/The largest single liquidations/);
    expect(error).toMatchObject(DAMAGED);
    expect(said).toHaveLength(3);
    const machine = await read('--json');
    expect(JSON.parse(String(machine.stdout))[0]).toMatchObject({ row: { table: 'liquidation', rows: 192 } });
    expect(machine.error).toMatchObject(DAMAGED);
  });

  it('leave the others in the list of tables, and in upkeep', async () => {
    const { stdout, error } = await runInProcess(lake, ['tables', '--json']);
    expect(JSON.parse(String(stdout)).map((row: { table: string }) => row.table)).toEqual([
      'liquidation',
      'prices',
    ]);
    expect(error).toMatchObject(DAMAGED);
    const upkeep = await runInProcess(lake, ['compact', '--dry-run', '--format', 'csv']);
    expect(String(upkeep.stdout)).toMatch(/^coverage,fail,.*\nliquidation,sort,,1,/m);
    expect(upkeep.error).toMatchObject(DAMAGED);
  });

  it('are no empty ones when they hold data and have lost their log; an empty folder is', async () => {
    const other = await mkdtemp(join(tmpdir(), 'crypto-lake-broken-'));
    onTestFinished(() => rm(other, { recursive: true, force: true }));
    await smallLake(other);
    await rm(join(other, 'liquidation', '_delta_log'), { recursive: true });
    await mkdir(join(other, 'quarantine'));
    const asked = await runInProcess(other, ['read', '--sql', 'SELECT count(*) FROM liquidation']);
    expect(asked.error).toMatchObject({
      message: expect.stringMatching(/liquidation` is not a Delta table/),
    });
    const doctor = await runInProcess(other, ['doctor']);
    expect(String(doctor.stdout)).toMatch(/✗ logs +liquidation cannot be opened/);
    const none = await runInProcess(other, ['read', '--sql', 'SELECT count(*)::INT AS n FROM quarantine']);
    expect([String(none.stdout), none.error]).toEqual(['{"n":0}\n', undefined]);
  });
});

describe('a data file that is no Parquet', () => {
  const noise = (bytes: Buffer) => bytes.map((byte, index) => byte ^ (index * 7 + 1));
  it.each<readonly [string, (bytes: Buffer) => Uint8Array]>([
    ['of a few bytes', () => Buffer.from('hello')],
    ['without anything', () => Buffer.alloc(0)],
    ['that was cut', (bytes) => bytes.subarray(0, -9)],
    ['of other bytes', noise],
    ['with a damaged footer', (bytes) => Buffer.concat([noise(bytes).subarray(0, -8), bytes.subarray(-8)])],
  ])('%s is damage, to a query and to upkeep', async (_, damage) => {
    const other = await mkdtemp(join(tmpdir(), 'crypto-lake-damaged-'));
    onTestFinished(() => rm(other, { recursive: true, force: true }));
    await smallLake(other);
    const names = await readdir(join(other, 'prices'), { recursive: true });
    const file = join(other, 'prices', names.find((name) => name.endsWith('.parquet')) ?? '');
    await writeFile(file, damage(await readFile(file)));
    const asked = await runInProcess(other, ['read', '--sql', 'SELECT max(last_price) FROM prices']);
    const compacted = await runInProcess(other, ['compact', '--all', '--table', 'prices']);
    for (const { error } of [asked, compacted])
      expect(error).toMatchObject({ ...DAMAGED, message: expect.stringMatching(/data file .*is damaged/) });
  });
});

it('a table whose folder a collector has just made is an empty one', async () => {
  const young = await mkdtemp(join(tmpdir(), 'crypto-lake-young-'));
  onTestFinished(() => rm(young, { recursive: true, force: true }));
  await mkdir(join(young, 'coverage', '_delta_log'), { recursive: true });
  const result = await runInProcess(young, ['read', '--sql', 'SELECT count(*) AS n FROM coverage']);
  expect([String(result.stdout), result.error]).toEqual(['{"n":0}\n', undefined]);
});
