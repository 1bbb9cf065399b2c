import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeCheckpoint } from '../../src/delta/checkpoint/write-checkpoint.ts';
import { DeltaTable } from '../../src/delta/delta-table.ts';
import { commitName } from '../../src/delta/log/log-path.ts';
import { LocalStore } from '../../src/delta/store/local-store.ts';
import { PARQUET_CHECKPOINTS } from '../../src/parquet/parquet-checkpoints.ts';
import { append, makeTable } from '../support/delta.ts';
import { temporaryFolder } from '../support/program.ts';

/** A table with a few commits on the disk. */
async function tableOnDisk(commits = 3): Promise<{ folder: string; store: LocalStore; table: DeltaTable }> {
  const folder = await temporaryFolder();
  const store = new LocalStore(folder);
  const table = await makeTable(store);
  for (let i = 0; i < commits; i++) await append(table, [`f${i}`]);
  return { folder, store, table };
}

const open = (store: LocalStore) => DeltaTable.open(store, { checkpoints: PARQUET_CHECKPOINTS });

describe('integers beyond 2^53', () => {
  it('are kept apart in transactions', async () => {
    const { store } = await tableOnDisk(0);
    const stale = await open(store);
    const commit = async (table: DeltaTable, version: bigint) =>
      (await table.commit({ operation: 'WRITE', txn: { appId: 'app', version }, reads: 'nothing' })).kind;
    expect(await commit(await open(store), 9_007_199_254_740_992n)).toBe('committed');
    expect(await commit(await open(store), 9_007_199_254_740_992n)).toBe('already-committed');
    expect(await commit(stale, 9_007_199_254_740_993n)).toBe('conflict');
    expect(await commit(await open(store), 9_007_199_254_740_993n)).toBe('committed');
    await writeCheckpoint(await open(store), { nowMs: Date.now(), force: true });
    expect((await open(store)).txnVersion('app')).toBe(9_007_199_254_740_993n);
  });

  it('survive a commit, a checkpoint and a reading', async () => {
    const { store, table } = await tableOnDisk(0);
    const size = 9_007_199_254_740_993n;
    await table.commit({
      operation: 'WRITE',
      adds: [{ path: 'big', partitionValues: {}, size, modificationTime: 1, dataChange: true }],
      reads: 'nothing',
    });
    const text = (await readFile(join(store.location, commitName(1)))).toString();
    expect(text).toContain('9007199254740993');
    expect((await open(store)).snapshot.files.get('big')?.size).toBe(size);
    await writeCheckpoint(table, { nowMs: Date.now(), force: true });
    await rm(join(store.location, commitName(1)));
    await rm(join(store.location, commitName(0)));
    expect((await open(store)).snapshot.files.get('big')?.size).toBe(size);
  });
});
