import { mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeCheckpoint } from '../../src/delta/checkpoint.ts';
import { DeltaTable } from '../../src/delta/delta-table.ts';
import { LocalStore } from '../../src/delta/local-store.ts';
import { checkpointName, commitName, LAST_CHECKPOINT } from '../../src/delta/log-path.ts';
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

const open = (store: LocalStore) => DeltaTable.open(store, { engine: 'duckdb' });

describe('a damaged log is refused by the name of the file', () => {
  it.each([
    ['truncated JSON', '{"commitInfo":{}}\n{"add":{"path":"f'],
    ['an empty file', ''],
    ['two protocol actions', '{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}\n'.repeat(2)],
    [
      'an add without a path',
      '{"add":{"partitionValues":{},"size":1,"modificationTime":1,"dataChange":true}}',
    ],
    ['a line nested 10,000 deep', `{"add":${'['.repeat(10_000)}${']'.repeat(10_000)}}`],
    ['a line that is no object', '[1,2]'],
  ])('%s', async (_, text) => {
    const { folder, store } = await tableOnDisk();
    await writeFile(join(folder, commitName(2)), text);
    await expect(open(store)).rejects.toMatchObject({
      code: 'TABLE_DAMAGED',
      message: expect.stringContaining(commitName(2)),
    });
  });

  it('a missing version', async () => {
    const { folder, store } = await tableOnDisk();
    await rm(join(folder, commitName(2)));
    await expect(open(store)).rejects.toMatchObject({
      code: 'TABLE_DAMAGED',
      message: expect.stringContaining('missing version 2'),
    });
  });

  it('a path that leaves the table is never opened', async () => {
    const { folder, store, table } = await tableOnDisk();
    await append(table, ['../../etc/passwd']);
    const { locateFile } = await import('../../src/delta/file-path.ts');
    const { files } = (await open(store)).snapshot;
    expect(() => [...files.values()].map(({ path }) => locateFile(path))).toThrow(/outside of itself/);
    expect(() => store.enginePath('../x')).toThrow(/outside of itself/);
    expect(folder.length).toBeGreaterThan(0);
  });
});

describe('a damaged checkpoint', () => {
  it('is left out when the commits are still there', async () => {
    const { folder, store, table } = await tableOnDisk();
    expect(await writeCheckpoint(table, { nowMs: Date.now(), force: true })).toBe(3);
    await truncate(join(folder, checkpointName(3)), 200);
    expect((await open(store)).snapshot.files.size).toBe(3);
  });

  it('is an error when they are not', async () => {
    const { folder, store, table } = await tableOnDisk();
    await writeCheckpoint(table, { nowMs: Date.now(), force: true });
    await truncate(join(folder, checkpointName(3)), 200);
    await rm(join(folder, commitName(1)));
    await expect(open(store)).rejects.toMatchObject({ code: 'TABLE_DAMAGED' });
  });

  it.each([
    ['points nowhere', '{"version":99,"size":1}'],
    ['is empty', ''],
    ['is no JSON', 'oops'],
    ['has a version that is no number', '{"version":"3"}'],
  ])('hint that %s is ignored', async (_, text) => {
    const { folder, store, table } = await tableOnDisk();
    await writeCheckpoint(table, { nowMs: Date.now(), force: true });
    await writeFile(join(folder, LAST_CHECKPOINT), text);
    expect((await open(store)).version).toBe(3);
  });
});

describe('integers beyond 2^53', () => {
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
    await mkdir(store.location, { recursive: true });
  });
});
