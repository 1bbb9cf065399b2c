import { spawnSync } from 'node:child_process';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { makeScratchFolder } from '../../src/base/scratch-folder.ts';
import { temporaryFolder } from '../support/program.ts';

afterEach(() => vi.unstubAllEnvs());

describe('a scratch folder', () => {
  it('lies in the first place that takes it, and in TMPDIR when none does', async () => {
    const [first, second] = [await temporaryFolder(), await temporaryFolder()];
    vi.stubEnv('TMPDIR', second);
    expect(await makeScratchFolder(['/nowhere', first])).toMatch(
      new RegExp(`^${first}/\\.crypto-lake-scratch-`),
    );
    expect(await makeScratchFolder(['/nowhere'])).toMatch(new RegExp(`^${second}/\\.crypto-lake-scratch-`));
    expect(await makeScratchFolder([])).toMatch(new RegExp(`^${second}/`));
  });

  it('goes with the next run when the one that made it was killed, not while that lives', async () => {
    const place = await temporaryFolder();
    const alive = await makeScratchFolder([place]);
    const killed = alive.replace(`-${process.pid}-`, `-${spawnSync('true').pid}-`);
    await mkdir(killed);
    await writeFile(join(killed, 'duckdb_temp_storage-0.tmp'), 'x');
    const again = await makeScratchFolder([place]);
    expect((await readdir(place)).sort()).toEqual([alive, again].map((path) => basename(path)).sort());
  });

  it('of another machine goes after a day, and what is not ours never', async () => {
    const place = await temporaryFolder();
    const mine = basename(await makeScratchFolder([place]));
    const foreign = async (end: string, hoursAgo: number) => {
      const path = join(place, `.crypto-lake-scratch-00000000-1-${end}`);
      await mkdir(path);
      const then = new Date(Date.now() - hoursAgo * 3_600_000);
      await utimes(path, then, then);
      return basename(path);
    };
    await foreign('old', 25);
    const young = await foreign('young', 23);
    await mkdir(join(place, 'crypto-lake-other'));
    const made = basename(await makeScratchFolder([place]));
    expect((await readdir(place)).sort()).toEqual([mine, young, made, 'crypto-lake-other'].sort());
  });

  it('that can be made nowhere is an error that names TMPDIR', async () => {
    vi.stubEnv('TMPDIR', '/nowhere');
    await expect(makeScratchFolder([])).rejects.toMatchObject({
      code: 'LAKE_UNWRITABLE',
      message: expect.stringContaining('the temporary folder `/nowhere` cannot be used: '),
      hint: expect.stringContaining('`TMPDIR`'),
    });
  });
});
