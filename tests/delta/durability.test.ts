import type * as Fs from 'node:fs';
import type * as FsPromises from 'node:fs/promises';
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { writeCheckpoint } from '../../src/delta/checkpoint/write-checkpoint.ts';
import type { DeltaTable } from '../../src/delta/delta-table.ts';
import { commitName } from '../../src/delta/log/log-path.ts';
import { LocalStore } from '../../src/delta/store/local-store.ts';
import { appendBatch } from '../../src/ingest/write/append-batch.ts';
import { openLakeTable } from '../../src/lake/open-lake-table.ts';
import { LIQUIDATION_TABLE } from '../../src/lake/tables/liquidation.ts';
import { compactTable } from '../../src/upkeep/compaction/compact-table.ts';
import { temporaryFolder } from '../support/program.ts';
import { batchesOf, frameAt, orderText, T0_MS } from '../support/segment.ts';

/** What would still be there if the machine lost its power now. */
const disk = vi.hoisted(() => ({
  /** Paths whose contents were synced, under the name that they have now. */
  contents: new Set<string>(),
  /** Names in folders that were synced since. */
  names: new Set<string>(),
  /** At each link of a commit: its path and what the disk had then. */
  links: [] as { commit: string; contents: Set<string>; names: Set<string> }[],
  /** As on NFS, where the answer to a link that was made may be lost. */
  losesAnswers: false,
}));

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof Fs>();
  const paths = new Map<number, string>();
  return {
    ...fs,
    openSync(path: string, ...rest: [string]) {
      const file = fs.openSync(path, ...rest);
      paths.set(file, path);
      return file;
    },
    fsyncSync(file: number) {
      fs.fsyncSync(file);
      const path = paths.get(file) ?? '';
      disk.contents.add(path);
      if (fs.statSync(path).isDirectory())
        for (const name of fs.readdirSync(path)) disk.names.add(`${path}/${name}`);
    },
    linkSync(from: string, to: string) {
      disk.links.push({ commit: to, contents: new Set(disk.contents), names: new Set(disk.names) });
      fs.linkSync(from, to);
      if (disk.contents.has(from)) disk.contents.add(to);
      if (disk.losesAnswers)
        throw Object.assign(new Error('EEXIST: file already exists'), { code: 'EEXIST' });
    },
    renameSync(from: string, to: string) {
      fs.renameSync(from, to);
      if (disk.contents.delete(from)) disk.contents.add(to);
      disk.names.delete(to);
    },
  };
});
vi.mock('node:fs/promises', async (original) => {
  const promises = await original<typeof FsPromises>();
  const fs = await import('node:fs');
  return {
    ...promises,
    async open(path: string, ...rest: [string]) {
      const file = await promises.open(path, ...rest);
      return Object.assign(file, {
        async sync() {
          const again = fs.openSync(path, 'r');
          fs.fsyncSync(again);
          fs.closeSync(again);
        },
      });
    },
    rename: async (from: string, to: string) => fs.renameSync(from, to),
  };
});

beforeEach(() => {
  disk.contents.clear();
  disk.names.clear();
  disk.links.length = 0;
  disk.losesAnswers = false;
});

/** The names that lead to a file, from the lake's folder on. */
function namesTo(path: string, lake: string): string[] {
  const names: string[] = [];
  for (let at = path; at !== lake; at = dirname(at)) names.push(at);
  return names;
}

const open = async (lake: string) => openLakeTable(lake, LIQUIDATION_TABLE);
const orders = () => batchesOf([{}, { T: T0_MS - 86_400_000 }].map((it, i) => frameAt(i, orderText(it))));
const append = async (table: Awaited<ReturnType<typeof open>>, version: number) =>
  appendBatch(table, orders().liquidation, { appId: 'a', version });

/** As other engines lay files out: not in folders of partitions. */
async function moveFiles(table: DeltaTable): Promise<void> {
  const { store, snapshot } = table;
  const adds = [...snapshot.files.values()].map((add, index) => ({ ...add, path: `part-${index}.parquet` }));
  const removes = [...snapshot.files.values()].map(({ path }) => ({ path, dataChange: false }));
  for (const [index, { path }] of removes.entries())
    await copyFile(store.enginePath(path), store.enginePath(`part-${index}.parquet`));
  await table.commit({ operation: 'OPTIMIZE', adds, removes, reads: 'removed-files' });
  for (const { path } of removes) await rm(dirname(store.enginePath(path)), { recursive: true, force: true });
}

describe('a file that a commit names', () => {
  it('is on the disk with every name that leads to it before the commit is, and the commit before it is reported', async () => {
    const lake = await temporaryFolder();
    const table = await open(lake);
    await append(table, 1);
    const [, link] = disk.links;
    const adds = [...table.snapshot.files.keys()].map((name) => table.store.enginePath(name));
    expect(adds).toHaveLength(2);
    for (const path of adds) {
      expect(link?.contents).toContain(path);
      for (const name of namesTo(path, lake)) expect(link?.names).toContain(name);
    }
    for (const { commit } of disk.links) {
      expect(disk.contents).toContain(commit);
      for (const name of namesTo(commit, lake)) expect(disk.names).toContain(name);
    }
  });

  it('is so too in a folder that another one made and did not come so far as to sync', async () => {
    const lake = await temporaryFolder();
    await mkdir(join(lake, LIQUIDATION_TABLE.name, '_delta_log'), { recursive: true });
    const table = await open(lake);
    const date = orders().liquidation.partitions[0]?.values.date;
    await mkdir(join(table.store.location, `date=${date}`));
    await append(table, 1);
    const [first, second] = disk.links;
    for (const name of namesTo(dirname(first?.commit ?? ''), lake)) expect(first?.names).toContain(name);
    for (const file of table.snapshot.files.keys())
      for (const name of namesTo(table.store.enginePath(file), lake)) expect(second?.names).toContain(name);
  });

  it.each(['beside its inputs', 'in a new folder'])(
    'is so too when compaction wrote it, %s',
    async (place) => {
      const lake = await temporaryFolder();
      const table = await open(lake);
      for (let version = 1; version <= 2; version++) await append(table, version);
      if (place === 'in a new folder') await moveFiles(table);
      const commits = disk.links.length;
      disk.names.clear();
      await compactTable(table, {
        clusterBy: [],
        curve: 'none',
        targetBytes: 2 ** 20,
        memoryBytes: 256 * 2 ** 20,
        nowMs: Date.now() + 86_400_000,
        all: true,
        only: undefined,
        dryRun: false,
        signal: new AbortController().signal,
      });
      const added = disk.links.slice(commits).map(({ commit, ...then }) => ({ commit, then }));
      expect(added).toHaveLength(2);
      const { contents, names } = added[1]?.then ?? { contents: new Set(), names: new Set() };
      for (const name of table.snapshot.files.keys()) {
        const path = table.store.enginePath(name);
        expect(contents).toContain(path);
        for (const there of namesTo(path, table.store.location)) expect(names).toContain(there);
      }
    },
  );
});

describe('a checkpoint', () => {
  it('is on the disk before the hint names it', async () => {
    const lake = await temporaryFolder();
    const table = await open(lake);
    await append(table, 1);
    let whenHinted = new Set<string>();
    const step = (name: string) => {
      if (name === 'checkpoint:written')
        whenHinted = new Set([...disk.contents].filter((path) => disk.names.has(path)));
    };
    await writeCheckpoint(table, { nowMs: Date.now(), force: true, step });
    expect(whenHinted).toContain(
      join(table.store.location, `_delta_log/${'1'.padStart(20, '0')}.checkpoint.parquet`),
    );
    expect(disk.contents).toContain(join(table.store.location, '_delta_log/_last_checkpoint'));
  });
});

it('a commit whose link was made though the disk says otherwise, as NFS may, is ours, and on the disk with its name', async () => {
  const store = new LocalStore(await temporaryFolder());
  disk.losesAnswers = true;
  expect(await store.putIfAbsent(commitName(0), Buffer.from('{}\n'))).toBe('created');
  const path = store.enginePath(commitName(0));
  expect([disk.contents.has(path), disk.names.has(path)]).toEqual([true, true]);
  expect(await store.putIfAbsent(commitName(0), Buffer.from('other'))).toBe('exists');
  expect(await store.listNames('_delta_log')).toEqual([commitName(0)]);
});
