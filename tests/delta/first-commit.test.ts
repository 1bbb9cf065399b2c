import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LocalStore } from '../../src/delta/store/local-store.ts';
import { append, makeTable } from '../support/delta.ts';
import { temporaryFolder } from '../support/program.ts';

describe('a folder that a creator left when it was killed', () => {
  it.each([
    ['before its log had a folder', []],
    ['before its first commit', ['_delta_log/']],
    ['while its first commit had no name yet', ['_delta_log/', '_delta_log/.tmp-1.tmp']],
  ])('%s becomes a table', async (_, left) => {
    const folder = await temporaryFolder();
    for (const name of left)
      await (name.endsWith('/') ? mkdir(join(folder, name)) : writeFile(join(folder, name), '{}\n'));
    const table = await makeTable(new LocalStore(folder));
    expect(table.version).toBe(0);
    await append(table, []);
    expect((await makeTable(new LocalStore(folder))).version).toBe(1);
  });

  it('with data and no commit is a table that lost its log, whatever else lies in it', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, '_delta_log'));
    await writeFile(join(folder, '_delta_log/.tmp-1.tmp'), '{}\n');
    await writeFile(join(folder, 'a.parquet'), '');
    await expect(makeTable(new LocalStore(folder))).rejects.toMatchObject({ code: 'TABLE_DAMAGED' });
  });
});
