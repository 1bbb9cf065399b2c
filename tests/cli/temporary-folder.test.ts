import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PRICES_TABLE } from '../../src/lake/tables/prices.ts';
import { parquetTable } from '../support/parquet-table.ts';
import { run, temporaryFolder } from '../support/program.ts';
import { readOnly, smallDisk } from '../support/small-disk.ts';

async function lakeWithPrices(): Promise<string> {
  const lake = await temporaryFolder();
  await parquetTable(join(lake, 'prices'), PRICES_TABLE.columns, {}, ['date']);
  return lake;
}

const MANY = 'SELECT range, hash(range) FROM range(1000000)';

describe('what does not fit into memory', () => {
  it('lies beside the lake: the temporary folder is not needed, and nothing stays', async () => {
    const lake = await lakeWithPrices();
    const env = { TMPDIR: '/nowhere' };
    const file = join(await temporaryFolder(), 'x.parquet');
    const words = ['read', '--lake', lake, '--memory', '64MB', '--sql', `${MANY} ORDER BY 2`, '-o', file];
    expect(await run(words, { env })).toMatchObject({ code: 0, stderr: '' });
    expect((await stat(file)).size).toBeGreaterThan(2 ** 20);
    expect(await readdir(lake)).toEqual(['prices']);
    await mkdir(join(lake, '_spool'));
    expect(await run(words, { env })).toMatchObject({ code: 0, stderr: '' });
    expect(await readdir(lake, { recursive: true })).toContain('_spool');
    expect(await readdir(join(lake, '_spool'))).toEqual([]);
  });
});

describe('a temporary folder', () => {
  const read = (folder: string, ...more: string[]) =>
    run(['read', '--lake', '/proc/nowhere', '--sql', 'SELECT 1', ...more], { env: { TMPDIR: folder } });

  it('that is away is an error that names TMPDIR, and a failure of `doctor`', async () => {
    const refused = await read('/nowhere');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/temporary folder `\/nowhere` cannot be used.*\nhint: set `TMPDIR`/);
    const words = ['doctor', '--lake', await lakeWithPrices()];
    const doctor = await run(words, { env: { TMPDIR: '/nowhere' } });
    expect(doctor.stdout).toMatch(/✗ temporary folder +\/nowhere cannot be written[\s\S]*?→ set `TMPDIR`/);
    expect((await run(words)).stdout).toMatch(/✓ temporary folder/);
  });

  it('that is read-only or full is named, too', async ({ skip }) => {
    const disk = await smallDisk(skip, join(await temporaryFolder(), 'disk'), 0.3);
    const lake = await lakeWithPrices();
    const writable = readOnly(disk.path);
    expect((await read(disk.path)).stderr).toMatch(
      /read-only \(EROFS\).*LAKE_UNWRITABLE\]\nhint: set `TMPDIR`/,
    );
    const doctor = await run(['doctor', '--lake', lake], { env: { TMPDIR: disk.path } });
    expect(doctor.stdout).toMatch(/✗ temporary folder/);
    writable();
    const file = join(await temporaryFolder(), 'x.parquet');
    // A lake that one may not write is read with the temporary folder.
    const lakeAgain = readOnly(lake);
    const full = await run(['read', '--lake', lake, '--sql', MANY, '-o', file], {
      env: { TMPDIR: disk.path },
    });
    lakeAgain();
    expect(full.stderr).toMatch(/^error: the temporary folder .*full.*\[DISK_FULL\]\nhint: set `TMPDIR`/);
    expect(full.code).toBe(1);
    expect(await readdir(disk.path)).toEqual([]);
  });
});
