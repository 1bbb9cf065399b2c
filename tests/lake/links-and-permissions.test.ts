import { chmod, cp, mkdir, mkdtemp, readdir, rename, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { LocalStore } from '../../src/delta/store/local-store.ts';
import { asNobody } from '../support/as-nobody.ts';
import { runInProcess } from '../support/in-process.ts';
import { parquetTable } from '../support/parquet-table.ts';

let lake: string;
beforeEach(async () => {
  lake = await mkdtemp(join(tmpdir(), 'crypto-lake-links-'));
  onTestFinished(() => rm(lake, { recursive: true, force: true }));
  await chmod(lake, 0o755);
  const other = await parquetTable(join(lake, 'liquidation'), { symbol: 'string' });
  await other.add("SELECT 'BTCUSDT' AS symbol");
  const prices = await parquetTable(join(lake, 'prices'), { symbol: 'string', date: 'date' }, {}, ['date']);
  for (const day of ['2026-11-20', '2026-11-21'])
    await prices.add("SELECT 'ETHUSDT' AS symbol", {
      path: `date=${day}/${day}.parquet`,
      partitionValues: { date: day },
    });
});

const count = async (name: string) => {
  const { stdout, error } = await runInProcess(lake, [
    'read',
    '--sql',
    `SELECT count(*)::INT AS n FROM ${name}`,
  ]);
  if (error) throw error;
  return JSON.parse(String(stdout)).n as number;
};

describe('symbolic links', () => {
  it.each(['a partition', 'a data file', 'a commit', 'the log', 'the table'])(
    'of %s are followed by every command',
    async (what) => {
      const place = {
        'a partition': 'prices/date=2026-11-20',
        'a data file': 'prices/date=2026-11-20/2026-11-20.parquet',
        'a commit': 'prices/_delta_log/00000000000000000001.json',
        'the log': 'prices/_delta_log',
        'the table': 'prices',
      }[what] as string;
      await mkdir(join(lake, '_disk'));
      await rename(join(lake, place), join(lake, '_disk', 'moved'));
      await symlink(join(lake, '_disk', 'moved'), join(lake, place));
      expect(await count('prices')).toBe(2);
      for (const args of [['--verify', 'prices'], ['--history', 'prices'], [], ['prices']])
        expect((await runInProcess(lake, ['tables', ...args])).error, String(args)).toBeUndefined();
      expect(String((await runInProcess(lake, ['tables'])).stdout)).toMatch(
        /"table":"prices","version":2,"files":2/,
      );
      const doctor = await runInProcess(lake, ['doctor']);
      expect(String(doctor.stdout)).not.toMatch(/✗ data files/);
      expect(
        (await runInProcess(lake, ['compact', '--all', '--zorder', 'symbol', '--table', 'prices'])).error,
      ).toBeUndefined();
      expect(await count('prices')).toBe(2);
      expect((await runInProcess(lake, ['tables', '--verify', 'prices'])).error).toBeUndefined();
    },
  );

  it('to a table elsewhere make it one of the lake; one that leads nowhere is named', async () => {
    await cp(join(lake, 'prices'), join(lake, '_away'), { recursive: true });
    await symlink(join(lake, '_away'), join(lake, 'mine'));
    await rm(join(lake, 'prices'), { recursive: true });
    await symlink('/nowhere/at/all', join(lake, 'prices'));
    expect(await count('mine')).toBe(2);
    await expect(count('prices')).rejects.toMatchObject({
      code: 'TABLE_NOT_FOUND',
      message: expect.stringMatching(/prices` is a link to `\/nowhere\/at\/all`, which is not there/),
    });
    expect(await count('liquidation')).toBe(1);
    const { error, stdout } = await runInProcess(lake, ['tables']);
    expect(error).toMatchObject({ message: expect.stringMatching(/nowhere/) });
    expect(String(stdout)).toMatch(/"liquidation"[\s\S]*"mine"/);
  });

  it('that lead in a circle, or out of the table, are not followed when files are deleted', async () => {
    await symlink(join(lake, 'prices'), join(lake, 'prices', 'date=2026-11-20', 'date=2026-11-22'));
    const store = new LocalStore(join(lake, 'prices'));
    const followed = await store.list('', { recursive: true, followLinks: true });
    expect(followed.filter(({ name }) => name.endsWith('.parquet'))).toHaveLength(2);
    const names = (await store.list('', { recursive: true })).map(({ name }) => name);
    expect(names.filter((name) => name.includes('date=2026-11-22'))).toEqual([]);
  });
});

describe('what may not be read', () => {
  it('is named with what keeps it out, and leaves the other tables alone', async () => {
    const [file = ''] = (await readdir(join(lake, 'prices', 'date=2026-11-20'))).map((name) =>
      join(lake, 'prices', 'date=2026-11-20', name),
    );
    const denied = (path: string) => ({
      code: 'PERMISSION_DENIED',
      message: expect.stringContaining(path),
      hint: expect.stringContaining('namei -l'),
    });
    await chmod(file, 0);
    await asNobody(async () => {
      await expect(count('prices WHERE symbol IS NOT NULL')).rejects.toMatchObject(denied(file));
      const verified = await runInProcess(lake, ['tables', '--verify', 'prices']);
      expect(verified.error).toMatchObject(denied(file));
    });
    await chmod(file, 0o644);
    for (const place of ['prices/date=2026-11-20', 'prices/_delta_log', 'prices']) {
      await chmod(join(lake, place), 0);
      await asNobody(async () => {
        await expect(count('prices WHERE symbol IS NOT NULL'), place).rejects.toMatchObject(denied(place));
        expect(await count('liquidation')).toBe(1);
        const listed = await runInProcess(lake, ['tables']);
        expect(String(listed.stdout)).toContain('liquidation');
        if (place !== 'prices/date=2026-11-20') expect(listed.error).toMatchObject(denied(place));
      });
      await chmod(join(lake, place), 0o755);
    }
  });
});
