import { mkdir, readdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeltaTable } from '../../../src/delta/delta-table.ts';
import type { AddFile, RemoveFile } from '../../../src/delta/log/actions.ts';
import { readHistory } from '../../../src/delta/log/history.ts';
import { planVacuum } from '../../../src/delta/maintenance/plan-vacuum.ts';
import { vacuumTable } from '../../../src/delta/maintenance/vacuum.ts';
import { LocalStore } from '../../../src/delta/store/local-store.ts';
import { PARQUET_CHECKPOINTS } from '../../../src/parquet/parquet-checkpoints.ts';
import { append, fakeFile, makeTable } from '../../support/delta.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { temporaryFolder } from '../../support/program.ts';

const DAY_MS = 86_400_000;
const NOW_MS = 1000 * DAY_MS;

interface State {
  readonly live?: readonly string[];
  readonly removed?: Readonly<Record<string, number>>;
  readonly partitionColumns?: readonly string[];
}

function plan(
  { live = [], removed = {}, partitionColumns = [] }: State,
  ages: Readonly<Record<string, number>>,
) {
  const files = new Map(live.map((path): [string, AddFile] => [path, fakeFile(path)]));
  const tombstones = new Map(
    Object.entries(removed).map(([path, days]): [string, RemoveFile] => [
      path,
      { path, dataChange: true, deletionTimestamp: NOW_MS - days * DAY_MS },
    ]),
  );
  const listing = Object.entries(ages).map(([name, days]) => ({
    name,
    sizeBytes: 1,
    modifiedMs: NOW_MS - days * DAY_MS,
  }));
  return planVacuum({ files, tombstones, partitionColumns }, listing, NOW_MS, 7 * DAY_MS).map(
    ({ name }) => name,
  );
}

describe('which files may go', () => {
  it('never a live one, one removed lately, or a young one that no version names', () => {
    const name = fc.constantFrom<string>('a', 'b', 'c', 'd=1/e', 'd=2/f', 'g h', '币');
    const ages = fc.dictionary(name, fc.nat(30));
    fc.assert(
      fc.property(fc.uniqueArray(name), ages, ages, (live, removed, listing) => {
        const gone = Object.fromEntries(Object.entries(removed).filter(([key]) => !live.includes(key)));
        const expected = Object.entries(listing).flatMap(([key, age]) =>
          !live.includes(key) && (gone[key] ?? age) > 7 ? [key] : [],
        );
        expect(plan({ live: live.map(encodeURI), removed: encoded(gone) }, listing).sort()).toEqual(
          expected.sort(),
        );
      }),
    );
  });

  it('knows a live file by any form of its path', () => {
    const live = [
      'file:///elsewhere/the/table/a.parquet',
      './b.parquet',
      'd//c.parquet',
      '/mnt/e.parquet',
      'x%20y.parquet',
    ];
    expect(
      plan(
        { live },
        { 'a.parquet': 99, 'b.parquet': 99, 'd/c.parquet': 99, 'e.parquet': 99, 'x y.parquet': 99 },
      ),
    ).toEqual([]);
  });

  it('never what is hidden, but old temporary files of a killed writer', () => {
    const temporary = '.tmp-0b5a6b5e-1111-4222-8333-444455556666.tmp';
    const ages = {
      '_delta_log/00000000000000000000.json': 99,
      [`_delta_log/${temporary}`]: 99,
      '_spool/x': 99,
      '_change_data/x.parquet': 99,
      '.x.parquet.crc': 99,
      '.tmp-mine': 99,
      '_x=1/y.parquet': 99,
      '_d=1/y.parquet': 99,
      [`_d=1/${temporary}`]: 99,
      [`_d=1/${temporary}/data_0.parquet`]: 1,
      'plain/z.parquet': 99,
    };
    expect(plan({ partitionColumns: ['_d'] }, ages)).toEqual([
      '_d=1/y.parquet',
      `_d=1/${temporary}`,
      'plain/z.parquet',
    ]);
  });

  it('refuses a log that names files outside of the table', () => {
    expect(() => plan({ live: ['../../x'] }, { x: 99 })).toThrow(/outside of itself/);
    expect(() => plan({ live: ['s3://bucket/x'] }, { x: 99 })).toThrow(/another storage/);
  });
});

describe('vacuum', () => {
  async function oldFile(folder: string, name: string): Promise<void> {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), 'x');
    const old = new Date(Date.now() - 30 * DAY_MS);
    await utimes(join(folder, name), old, old);
  }

  it('does not follow links', async () => {
    const [folder, outside] = [await temporaryFolder(), await temporaryFolder()];
    const table = await makeTable(new LocalStore(folder));
    await oldFile(outside, 'x.parquet');
    await symlink(outside, join(folder, 'link'));
    await symlink(join(outside, 'x.parquet'), join(folder, 'link.parquet'));
    expect((await vacuumTable(table, { nowMs: Date.now(), dryRun: false })).files).toEqual([]);
    expect(await readdir(outside)).toEqual(['x.parquet']);
  });

  it('leaves files that another one brought back after it looked', async () => {
    const store = new MemoryStore();
    const table = await makeTable(store);
    const other = await makeTable(store);
    for (const name of ['wanted.parquet', 'old.parquet']) await store.put(name, Buffer.from('x'));
    const list = store.list.bind(store);
    store.list = async (...args) => {
      const entries = await list(...args);
      await other.commit({ operation: 'RESTORE', adds: [fakeFile('wanted.parquet')], reads: 'nothing' });
      return entries;
    };
    const { files } = await vacuumTable(table, { nowMs: Date.now() + 30 * DAY_MS, dryRun: false });
    expect(files).toEqual(['old.parquet']);
    expect(await store.read('wanted.parquet')).toBeDefined();
  });

  it('tells in the log that it failed', async () => {
    const store = new MemoryStore();
    const table = await makeTable(store);
    for (const name of ['a.parquet', 'b.parquet']) await store.put(name, Buffer.from('x'));
    const remove = store.delete.bind(store);
    store.delete = async (name) => {
      if (name === 'b.parquet') throw new Error('read-only');
      await remove(name);
    };
    await expect(vacuumTable(table, { nowMs: Date.now() + 30 * DAY_MS, dryRun: false })).rejects.toThrow(
      'read-only',
    );
    const [end] = await readHistory(store, 1);
    expect(end?.info).toMatchObject({
      operation: 'VACUUM END',
      operationParameters: { status: 'FAILED' },
      operationMetrics: { numDeletedFiles: '1' },
    });
  });

  it('says what it does before and after, in texts alone', async () => {
    const store = new MemoryStore();
    const table = await makeTable(store);
    await store.put('a.parquet', Buffer.from('four'));
    await vacuumTable(table, { nowMs: Date.now() + 30 * DAY_MS, dryRun: false });
    const [end, start] = await readHistory(store, 2);
    expect(start?.info).toMatchObject({
      operation: 'VACUUM START',
      operationParameters: {
        retentionCheckEnabled: 'true',
        defaultRetentionMillis: String(7 * DAY_MS),
        specifiedRetentionMillis: String(7 * DAY_MS),
      },
      operationMetrics: { numFilesToDelete: '1', sizeOfDataToDelete: '4' },
    });
    expect(end?.info).toMatchObject({
      operation: 'VACUUM END',
      operationParameters: { status: 'COMPLETED' },
      operationMetrics: { numDeletedFiles: '1', numVacuumedDirectories: '0' },
    });
    expect([start?.adds, start?.removes, end?.adds, end?.removes]).toEqual([0, 0, 0, 0]);
  });

  it('takes a shorter retention only with force, and never a negative one', async () => {
    const store = new MemoryStore();
    const table = await makeTable(store);
    await store.put('a.parquet', Buffer.from('x'));
    const short = { nowMs: Date.now() + DAY_MS, dryRun: true, retentionMs: 1000 };
    await expect(vacuumTable(table, short)).rejects.toMatchObject({ code: 'USAGE' });
    expect((await vacuumTable(table, { ...short, force: true })).files).toEqual(['a.parquet']);
    await expect(vacuumTable(table, { ...short, retentionMs: -1, force: true })).rejects.toMatchObject({
      code: 'USAGE',
    });
  });

  it.each(['interval 1 month', 'interval -7 days', 'soon'])(
    'keeps everything with a retention of `%s`',
    async (text) => {
      const store = new MemoryStore();
      const table = await makeTable(store, { 'delta.deletedFileRetentionDuration': text });
      await store.put('a.parquet', Buffer.from('x'));
      expect((await vacuumTable(table, { nowMs: Date.now() + 999 * DAY_MS, dryRun: true })).files).toEqual(
        [],
      );
    },
  );

  it('refuses a table whose features may own files, by the name of the feature', async () => {
    const store = new MemoryStore();
    const commit = [
      { protocol: { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ['rowTracking'] } },
      {
        metaData: {
          id: 'x',
          format: { provider: 'parquet', options: {} },
          schemaString: '{"type":"struct","fields":[]}',
          partitionColumns: [],
          configuration: {},
        },
      },
    ];
    await store.put(
      '_delta_log/00000000000000000000.json',
      Buffer.from(commit.map((line) => JSON.stringify(line)).join('\n')),
    );
    const table = await DeltaTable.open(store, { checkpoints: PARQUET_CHECKPOINTS });
    await expect(vacuumTable(table, { nowMs: NOW_MS, dryRun: true })).rejects.toThrow(/rowTracking/);
  });

  it('leaves a table on the disk that opens at every version with its files', async () => {
    const folder = await temporaryFolder();
    const table = await makeTable(new LocalStore(folder));
    for (const name of ['a.parquet', 'b.parquet', 'orphan.parquet']) await oldFile(folder, name);
    await append(table, ['a.parquet', 'b.parquet']);
    await table.commit({
      operation: 'DELETE',
      reads: 'removed-files',
      removes: [{ path: 'b.parquet', dataChange: true, deletionTimestamp: Date.now() - DAY_MS }],
    });
    expect((await vacuumTable(table, { nowMs: Date.now(), dryRun: false })).files).toEqual([
      'orphan.parquet',
    ]);
    const before = await table.snapshotAt(1);
    for (const name of before.files.keys()) expect(await table.store.read(name)).toBeDefined();
  });
});

function encoded(ages: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(ages).map(([name, days]) => [encodeURI(name), days]));
}
