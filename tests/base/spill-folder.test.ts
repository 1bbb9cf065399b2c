import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { makeSpillFolder } from '../../src/base/spill-folder.ts';
import { temporaryFolder } from '../support/program.ts';

it('what a killed sort left in the folder for temporary files goes after a day, nothing else', async () => {
  const folder = await temporaryFolder();
  const place = async (name: string, hoursAgo: number) => {
    const path = join(folder, name);
    await mkdir(path);
    await writeFile(join(path, 'duckdb_temp_storage-0.tmp'), 'x');
    const then = new Date(Date.now() - hoursAgo * 3_600_000);
    await utimes(path, then, then);
  };
  await place('crypto-lake-spill-killed', 25);
  await place('crypto-lake-spill-at-work', 23);
  await place('crypto-lake-other', 999);
  vi.stubEnv('TMPDIR', folder);
  try {
    const made = await makeSpillFolder();
    expect((await readdir(folder)).map((name) => join(folder, name)).sort()).toEqual(
      [join(folder, 'crypto-lake-spill-at-work'), join(folder, 'crypto-lake-other'), made].sort(),
    );
  } finally {
    vi.unstubAllEnvs();
  }
});
