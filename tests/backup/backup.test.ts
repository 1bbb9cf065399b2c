import { readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { backUpLake } from '../../src/backup/backup-lake.ts';
import { stampOf, timeOf } from '../../src/backup/backup-set.ts';
import { FolderBackups } from '../../src/backup/folder-backups.ts';
import { PRICES_TABLE } from '../../src/lake/tables/prices.ts';
import { duckdbType } from '../../src/query/scan/duckdb-type.ts';
import { parquetTable } from '../support/parquet-table.ts';
import { eventually, exchangeAt, query, run, start, temporaryFolder } from '../support/program.ts';
import { simulatorFor } from '../support/simulator.ts';

const listBackups = (folder: string) => new FolderBackups(folder).list();
const NEVER = new AbortController().signal;
const DAY_MS = 86_400_000;
const NOW_MS = Date.parse('2026-11-28T03:00:00Z');

const prices = (symbol: string) =>
  `SELECT ${Object.entries(PRICES_TABLE.columns)
    .filter(([name]) => name !== 'date')
    .map(([name, type]) => `${name === 'symbol' ? `'${symbol}'` : `NULL::${duckdbType(type)}`} AS ${name}`)}`;

async function lakeOf(symbols: readonly string[]) {
  const folder = await temporaryFolder();
  const lake = join(folder, 'lake');
  const made = await parquetTable(join(lake, 'prices'), PRICES_TABLE.columns, {}, ['date']);
  const add = (symbol: string) =>
    made.add(prices(symbol), {
      path: `date=2026-11-20/${symbol}.parquet`,
      partitionValues: { date: '2026-11-20' },
    });
  for (const symbol of symbols) await add(symbol);
  const backUp = (nowMs: number, keepMs?: number) =>
    backUpLake({ lake, to: join(folder, 'backups'), keepMs, nowMs, signal: NEVER });
  return { folder, lake, to: join(folder, 'backups'), made, add, backUp };
}

const symbolsIn = async (lake: string) =>
  (await query(lake, 'SELECT symbol FROM prices ORDER BY 1')).map(({ symbol }) => symbol);

describe('a back-up', () => {
  it('is a lake of its own, with the version that it was made of; files that never change are there once', async () => {
    const { to, add, backUp } = await lakeOf(['A', 'B']);
    const first = await backUp(NOW_MS - DAY_MS);
    await add('C');
    const second = await backUp(NOW_MS);
    expect(first.tables).toMatchObject([{ name: 'prices', version: 2, files: 2 }]);
    expect(await symbolsIn(first.folder)).toEqual(['A', 'B']);
    expect(await symbolsIn(second.folder)).toEqual(['A', 'B', 'C']);
    const inode = async (folder: string, symbol: string) =>
      (await stat(join(folder, 'prices', 'date=2026-11-20', `${symbol}.parquet`))).ino;
    expect(await inode(second.folder, 'A')).toBe(await inode(first.folder, 'A'));
    expect(await listBackups(to)).toEqual([stampOf(NOW_MS - DAY_MS), stampOf(NOW_MS)]);
    expect(timeOf(stampOf(NOW_MS))).toBe(NOW_MS);
    // One that goes takes nothing from the others.
    await rm(first.folder, { recursive: true });
    expect(await symbolsIn(second.folder)).toEqual(['A', 'B', 'C']);
  });

  it('removes those that are older than --keep, never the newest', async () => {
    const { to, backUp } = await lakeOf(['A']);
    for (const days of [9, 8, 1]) await backUp(NOW_MS - days * DAY_MS);
    expect(await listBackups(to)).toHaveLength(3);
    const { removed } = await backUp(NOW_MS, 7 * DAY_MS);
    expect(removed).toHaveLength(2);
    expect(await listBackups(to)).toEqual([stampOf(NOW_MS - DAY_MS), stampOf(NOW_MS)]);
    await backUp(NOW_MS + 30 * DAY_MS, DAY_MS);
    expect(await listBackups(to)).toEqual([stampOf(NOW_MS + 30 * DAY_MS)]);
  });

  it('of a damaged table is none, says what is wrong, and leaves those of before alone', async () => {
    const { lake, to, backUp } = await lakeOf(['A', 'B']);
    await backUp(NOW_MS - 9 * DAY_MS);
    const file = join(lake, 'prices', 'date=2026-11-20', 'B.parquet');
    const bytes = await readFile(file);
    await truncate(file, 10);
    // What the back-up before has is taken from there, and is whole.
    expect((await backUp(NOW_MS - 8 * DAY_MS)).tables).toMatchObject([{ files: 2 }]);
    for (const old of await listBackups(to))
      await rm(join(to, old, 'prices', 'date=2026-11-20', 'B.parquet'));
    await expect(backUp(NOW_MS, DAY_MS)).rejects.toMatchObject({
      code: 'BACKUP_FAILED',
      message: expect.stringMatching(/B\.parquet.* has 10 bytes instead of/),
    });
    expect(await listBackups(to)).toHaveLength(2);
    expect((await readdir(to)).filter((name) => name.startsWith('.'))).toEqual([]);
    await writeFile(file, bytes);
    await backUp(NOW_MS);
  });
});

describe('the commands', () => {
  it('back up while a collector writes; what is restored is sound and has exactly the rows of its versions', async () => {
    const simulator = await simulatorFor({ market: 'steady', framesPerSecond: 200, pingIntervalMs: 100 });
    const folder = await temporaryFolder();
    const [lake, to, restored] = ['lake', 'backups', 'restored'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    const env = { ...exchangeAt(simulator), CRYPTO_LAKE_FLUSH: '500ms' };
    const collector = start(['liquidations', '--lake', lake], { env });
    const count = async (of: string, ...more: string[]) => {
      const sql =
        'SELECT count(*)::INT AS n, hash(list(event_time ORDER BY event_time))::VARCHAR AS h FROM liquidation';
      const { stdout } = await run(['read', '--lake', of, '--sql', sql, '--format', 'ndjson', ...more]);
      return stdout;
    };
    await eventually(
      'there are rows',
      async () => /"n":[1-9]\d\d/.test(await count(lake).catch(() => '')),
      20_000,
    );
    const made = await run(['backup', '--to', to, '--keep', '7d', '--json', '--lake', lake]);
    expect(made.code).toBe(0);
    const tables = JSON.parse(made.stdout) as { table: string; version: number }[];
    expect(made.stderr).toMatch(/backed up and verified: /);
    expect(await run(['restore', '--from', to, '--to', restored])).toMatchObject({ code: 0 });
    for (const { table } of tables) {
      const verified = await run(['tables', '--verify', table, '--lake', restored]);
      expect(verified).toMatchObject({ code: 0, stderr: expect.stringMatching(/is sound/) });
    }
    const version = tables.find(({ table }) => table === 'liquidation')?.version;
    expect(await count(restored)).toBe(await count(lake, '--as-of', String(version)));
    const over = await run(['restore', '--from', to, '--to', restored]);
    expect(over).toMatchObject({ code: 2, stderr: expect.stringMatching(/is there already/) });
    collector.kill('SIGTERM');
    await collector.finished;
  }, 60_000);

  it('refuse what is missing or wrong, and a back-up that is damaged', async () => {
    const { lake, folder, to, backUp } = await lakeOf(['A']);
    const { folder: backup } = await backUp(NOW_MS);
    const at = (...words: string[]) => run([...words, ...(words[0] === 'backup' ? ['--lake', lake] : [])]);
    for (const words of [
      ['backup'],
      ['backup', '--to', to, '--keep', 'long'],
      ['restore', '--from', to],
      ['restore', '--from', to, '--to', join(folder, 'new'), '--at', '2020-01-01T00-00-00Z'],
    ])
      expect(await at(...words)).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/^error: .*\nhint: /),
      });
    const none = await at('restore', '--from', lake, '--to', join(folder, 'new'));
    expect(none).toMatchObject({ code: 1, stderr: expect.stringMatching(/is no back-up/) });
    await truncate(join(backup, 'prices', 'date=2026-11-20', 'A.parquet'), 10);
    const damaged = await at('restore', '--from', to, '--to', join(folder, 'new'));
    expect(damaged).toMatchObject({ code: 1, stderr: expect.stringMatching(/A\.parquet.*BACKUP_FAILED/) });
    expect(await readdir(folder)).not.toContain('new');
  });
});
