import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DeltaTable } from '../../../src/delta/delta-table.ts';
import { nullableField } from '../../../src/delta/format/schema.ts';
import { readCommit } from '../../../src/delta/log/load-snapshot.ts';
import { commitName } from '../../../src/delta/log/log-path.ts';
import { addColumns } from '../../../src/delta/maintenance/add-columns.ts';
import { restoreTable } from '../../../src/delta/maintenance/restore.ts';
import { LocalStore } from '../../../src/delta/store/local-store.ts';
import { PARQUET_CHECKPOINTS } from '../../../src/parquet/parquet-checkpoints.ts';
import { verifyTable } from '../../../src/query/verify/verify-table.ts';
import { append, makeTable } from '../../support/delta.ts';
import { type ParquetTable, parquetTable, runSql } from '../../support/parquet-table.ts';
import { temporaryFolder } from '../../support/program.ts';

async function idsOf({ table, store }: ParquetTable): Promise<number[]> {
  const { files } = await table.refresh();
  if (files.size === 0) return [];
  const paths = [...files.keys()].map((name) => `'${store.enginePath(name)}'`);
  return (await runSql(`SELECT id::INT FROM read_parquet([${paths.join()}]) ORDER BY id`)).map(([id]) =>
    Number(id),
  );
}

function removeAll({ table }: ParquetTable) {
  return table.commit({
    operation: 'DELETE',
    reads: 'whole-table',
    removes: [...table.snapshot.files.values()].map(({ path, size, partitionValues }) => ({
      path,
      size,
      partitionValues,
      dataChange: true,
      deletionTimestamp: Date.now(),
    })),
  });
}

describe('restore', () => {
  it('there and back again gives the same rows each time', async () => {
    const made = await parquetTable(await temporaryFolder(), { id: 'long' });
    await made.add('SELECT 1::BIGINT AS id');
    await made.add('SELECT 2::BIGINT AS id');
    await removeAll(made);
    expect(await idsOf(made)).toEqual([]);
    expect(await restoreTable(made.table, 2)).toEqual({ version: 4, added: 2, removed: 0 });
    expect(await idsOf(made)).toEqual([1, 2]);
    await restoreTable(made.table, 1);
    expect(await idsOf(made)).toEqual([1]);
    await restoreTable(made.table, 4);
    expect(await idsOf(made)).toEqual([1, 2]);
    expect(await verifyTable(made.table, new AbortController().signal)).toEqual([]);
  });

  it('keeps what applications have recorded, so that nothing is delivered twice', async () => {
    const store = new LocalStore(await temporaryFolder());
    const table = await makeTable(store);
    await append(table, ['a'], { appId: 'app', version: 7 });
    await restoreTable(table, 0);
    const reopened = await DeltaTable.open(store, { checkpoints: PARQUET_CHECKPOINTS });
    expect([reopened.snapshot.files.size, reopened.txnVersion('app')]).toEqual([0, 7]);
  });

  it('brings back the schema of then, and writes no metadata when it is the same', async () => {
    const made = await parquetTable(await temporaryFolder(), { id: 'long' });
    await made.add('SELECT 1::BIGINT AS id');
    await addColumns(made.table, [nullableField('note', 'string')]);
    await restoreTable(made.table, 1);
    expect(made.table.snapshot.schema.fields.map(({ name }) => name)).toEqual(['id']);
    await restoreTable(made.table, 1);
    const last = await readCommit(made.store, commitName(made.table.version));
    expect(last.some((action) => 'metaData' in action)).toBe(false);
  });

  it('refuses a version whose files are gone or were changed, by the name of the file', async () => {
    const made = await parquetTable(await temporaryFolder(), { id: 'long' });
    const path = await made.add('SELECT 1::BIGINT AS id');
    await removeAll(made);
    await writeFile(join(made.folder, path), 'short');
    await expect(restoreTable(made.table, 1)).rejects.toThrow(/`part-0.parquet` has 5 bytes/);
    await rm(join(made.folder, path));
    await expect(restoreTable(made.table, 1)).rejects.toMatchObject({ code: 'VERSION_NOT_FOUND' });
    expect(made.table.version).toBe(2);
  });

  it.each([
    ['an append', (other: DeltaTable) => append(other, ['new'])],
    ['a vacuum', (other: DeltaTable) => other.commit({ operation: 'VACUUM START', reads: 'nothing' })],
  ])('gives up when %s comes in between', async (_, act) => {
    const store = new LocalStore(await temporaryFolder());
    const table = await makeTable(store);
    await append(table, ['a']);
    const other = await DeltaTable.open(store, { checkpoints: PARQUET_CHECKPOINTS });
    const snapshotAt = table.snapshotAt.bind(table);
    table.snapshotAt = async (version) => {
      const snapshot = await snapshotAt(version);
      await act(other);
      return snapshot;
    };
    await expect(restoreTable(table, 0)).rejects.toMatchObject({ code: 'COMMIT_CONFLICT' });
    expect((await table.refresh()).version).toBe(2);
  });
});
