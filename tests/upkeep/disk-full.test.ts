import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { type CompactOptions, compactTable } from '../../src/upkeep/compaction/compact-table.ts';
import { parquetTable } from '../support/parquet-table.ts';
import { temporaryFolder } from '../support/program.ts';
import { smallDisk } from '../support/small-disk.ts';

const OPTIONS: CompactOptions = {
  clusterBy: ['k'],
  curve: 'none',
  targetBytes: 2 ** 27,
  memoryBytes: 2 ** 28,
  nowMs: Date.now(),
  all: false,
  only: undefined,
  dryRun: false,
  signal: new AbortController().signal,
};

/** Rows that do not compress. */
async function tableOf(folder: string, files: number, rows: number) {
  const table = await parquetTable(folder, { k: 'string', n: 'long' });
  for (let file = 0; file < files; file++)
    await table.add(
      `SELECT md5((${file} * 1000000 + r)::VARCHAR) AS k, (hash(r) >> 1)::BIGINT AS n FROM range(${rows}) t(r)`,
    );
  return table;
}

const leftovers = async (folder: string) =>
  (await readdir(folder, { recursive: true })).filter((name) => name.includes('.tmp'));

describe('compaction on a full disk', () => {
  it('of the table says so, changes nothing, cleans up, and works once there is room', async ({ skip }) => {
    const disk = await smallDisk(skip, join(await temporaryFolder(), 'disk'), 8);
    const { table, folder } = await tableOf(join(disk.path, 't'), 2, 20_000);
    await disk.fill();
    const { version } = table;
    const full = await compactTable(table, OPTIONS);
    expect(full.failed).toMatchObject([{ error: { code: 'DISK_FULL' } }]);
    expect((await table.refresh()).version).toBe(version);
    expect(await leftovers(folder)).toEqual([]);
    await disk.free();
    expect(await compactTable(table, OPTIONS)).toMatchObject({ done: [{ rows: 40_000 }], failed: [] });
  });

  it('of the spill folder says so, changes nothing, and cleans up', async ({ skip }) => {
    const disk = await smallDisk(skip, join(await temporaryFolder(), 'disk'), 1);
    const { table } = await tableOf(join(await temporaryFolder(), 't'), 2, 1_800_000);
    vi.stubEnv('TMPDIR', disk.path);
    try {
      const full = await compactTable(table, { ...OPTIONS, memoryBytes: 192 * 2 ** 20 });
      expect(full.failed).toMatchObject([{ error: { code: 'DISK_FULL' } }]);
      expect(await readdir(disk.path)).toEqual([]);
    } finally {
      vi.unstubAllEnvs();
    }
    expect(await compactTable(table, OPTIONS)).toMatchObject({ done: [{ rows: 3_600_000 }], failed: [] });
  }, 90_000);
});
