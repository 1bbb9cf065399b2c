import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runInProcess } from '../support/in-process.ts';
import { parquetTable } from '../support/parquet-table.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crypto-lake-none-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const READING = [
  ['read', '--sql', 'SELECT count(*) FROM liquidation'],
  ['read', '--sql', 'FROM coverage_gaps'],
  ['read', '--sql', 'SHOW TABLES'],
  ['read', '--sql', 'SELECT * FROM mine'],
  ['read'],
  ['read', 'coverage'],
  ['tables'],
  ['tables', 'prices'],
  ['tables', '--verify', 'prices'],
  ['tables', '--history', 'prices'],
  ['tables', '--check'],
  ['compact'],
  ['compact', '--dry-run'],
  ['copy', '--to', 'elsewhere'],
  ['backup', '--to', 'elsewhere'],
  ['derive'],
  ['derive', '--dry-run'],
  ['derive', '--prove', '--at', '1h'],
  ['spool'],
  ['spool', '--take-back'],
  ['symbols'],
  ['models'],
  ['train', '--symbol', 'BTCUSDT'],
  ['predict', '--symbol', 'BTCUSDT'],
  ['reconcile', 'bars', '--since', '1d'],
];

describe('where there is no lake', () => {
  it.each(READING)('`%s %s %s %s` says so and makes none', async (...args) => {
    const none = join(folder, 'typo');
    const strange = join(folder, 'strange');
    await mkdir(join(strange, 'photos'), { recursive: true });
    await writeFile(join(folder, 'file'), '');
    for (const lake of [none, strange, join(folder, 'file')]) {
      const { error, stdout } = await runInProcess(lake, args.filter(Boolean) as string[]);
      expect(error, lake).toMatchObject({
        code: 'LAKE_NOT_FOUND',
        exitCode: 2,
        message: expect.stringContaining(lake),
      });
      expect((error as { hint?: string }).hint).toMatch(/--lake/);
      expect(String(stdout)).toBe('');
    }
    await expect(stat(none)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('queries that are about nothing in it are answered', async () => {
    const mounted = await parquetTable(join(folder, 'mounted', 't'), { id: 'long' });
    await mounted.add('SELECT 1::BIGINT AS id');
    const mount = ['--table', `Mine=${mounted.folder}`];
    for (const args of [
      ['--sql', 'SELECT 1 AS id'],
      ['--sql', 'WITH a AS (SELECT 1 AS id) FROM a'],
      ['--sql', 'SELECT id::INT AS id FROM mine', ...mount],
      ['--sql', "SELECT id::INT AS id FROM query_table('mine')", ...mount],
    ]) {
      const { error, stdout } = await runInProcess(join(folder, 'typo'), ['read', ...args]);
      expect([error, String(stdout)], String(args)).toEqual([undefined, '{"id":1}\n']);
    }
  });
});

it('a table of ours with the columns of another program is named as the trouble by the overview', async () => {
  const lake = join(folder, 'foreign');
  const table = await parquetTable(join(lake, 'liquidation'), { id: 'long' });
  await table.add('SELECT 1::BIGINT AS id');
  const { error } = await runInProcess(lake, ['read']);
  expect(error).toMatchObject({ code: 'TABLE_SCHEMA', exitCode: 6 });
  const { stdout } = await runInProcess(lake, ['read', '--sql', 'SELECT id::INT AS id FROM liquidation']);
  expect(String(stdout)).toBe('{"id":1}\n');
});

describe('a lake without rows', () => {
  it.each(['', '_spool', '.gitkeep'])(
    'is one all the same, with %j in it, and knows no date',
    async (inside) => {
      const lake = join(folder, `empty${inside}`);
      await mkdir(join(lake, inside), { recursive: true });
      const count = await runInProcess(lake, ['read', '--sql', 'SELECT count(*)::INT AS n FROM liquidation']);
      expect([String(count.stdout), count.error]).toEqual(['{"n":0}\n', undefined]);
      for (const args of [
        ['read'],
        ['read', 'coverage'],
        ['read', '--coverage'],
        ['read', '--json'],
        ['tables'],
      ]) {
        const { error, stdout, said } = await runInProcess(lake, args);
        expect(error, String(args)).toBeUndefined();
        expect(String(stdout) + said.join()).not.toMatch(/19[67]\d/);
        if (args.length === 1) expect(said.join()).toMatch(/has no tables yet/);
      }
    },
  );
});
