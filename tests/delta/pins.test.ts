import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeCheckpoint } from '../../src/delta/checkpoint/write-checkpoint.ts';
import { cleanUpLog } from '../../src/delta/maintenance/log-cleanup.ts';
import { pinVersion, unpinVersion } from '../../src/delta/maintenance/pins.ts';
import { vacuumTable } from '../../src/delta/maintenance/vacuum.ts';
import { openTable } from '../../src/lake/open-table.ts';
import { changeModelRows } from '../../src/learn/registry/model-rows.ts';
import { temporaryFolder } from '../support/program.ts';
import { MEMORY } from '../support/train-prices.ts';

const LATER_MS = Date.now() + 40 * 86_400_000;

/** A table whose every version replaced all files of the one before. */
async function rewrittenTable() {
  const lake = await temporaryFolder();
  const row = { name: 'a', made_at: 1 } as never;
  for (let version = 0; version < 3; version++)
    await changeModelRows({ lake, ...MEMORY }, (rows) => [...rows, row]);
  return { lake, table: await openTable(join(lake, 'models')) };
}

const parquet = async (lake: string) =>
  (await readdir(join(lake, 'models'))).filter((name) => name.endsWith('.parquet')).length;

describe('a pinned version', () => {
  it('keeps its files from vacuum until it is unpinned', async () => {
    const { lake, table } = await rewrittenTable();
    await pinVersion(table.store, 'run1', 2);
    await vacuumTable(table, { nowMs: LATER_MS, dryRun: false });
    expect(await parquet(lake)).toBe(2);
    expect((await table.snapshotAt(2)).files.size).toBe(1);
    await unpinVersion(table.store, 'run1');
    await vacuumTable(table, { nowMs: LATER_MS + 1, dryRun: false });
    expect(await parquet(lake)).toBe(1);
  });

  it('keeps the log that it is built from', async () => {
    const { table } = await rewrittenTable();
    await pinVersion(table.store, 'run1', 2);
    await writeCheckpoint(table, { nowMs: LATER_MS, force: true });
    expect(await cleanUpLog(table, LATER_MS)).toEqual([]);
    expect((await table.snapshotAt(2)).version).toBe(2);
    await unpinVersion(table.store, 'run1');
    expect(await cleanUpLog(table, LATER_MS)).not.toEqual([]);
  });

  it('that cannot be read stops the removal of anything', async () => {
    const { lake, table } = await rewrittenTable();
    await pinVersion(table.store, 'run1', 2);
    await writeFile(join(lake, 'models/_pins/run1.json'), '{"version":');
    await expect(vacuumTable(table, { nowMs: LATER_MS, dryRun: false })).rejects.toMatchObject({
      code: 'TABLE_DAMAGED',
    });
    expect(await parquet(lake)).toBe(3);
  });
});
