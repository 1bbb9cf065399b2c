import { execFileSync, fork } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { DeltaTable } from '../../src/delta/delta-table.ts';
import { commitName } from '../../src/delta/log/log-path.ts';
import { LocalStore } from '../../src/delta/store/local-store.ts';
import { PARQUET_CHECKPOINTS } from '../../src/parquet/parquet-checkpoints.ts';
import { append, fakeFile, makeTable, remove } from '../support/delta.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { temporaryFolder } from '../support/program.ts';

const WRITER = resolve('tests/support/append-process.js');
const FULL_DISK = resolve('tests/support/full-disk-without-links.js');
/** The full race is 8 × 200; a run in between takes fewer. */
const APPENDS = Number(process.env.RACE_APPENDS ?? 40);

describe('a commit', () => {
  it('is written once though the store fails after it succeeded', async () => {
    const store = new MemoryStore();
    const table = await makeTable(store);
    const put = store.putIfAbsent.bind(store);
    store.putIfAbsent = async (name, bytes) => {
      await put(name, bytes);
      throw new Error('the answer was lost');
    };
    expect(await append(table, ['a'])).toMatchObject({ kind: 'committed', version: 1 });
    expect((await DeltaTable.open(store, { checkpoints: PARQUET_CHECKPOINTS })).snapshot.files.size).toBe(1);
  });

  it('that another program renamed its own over is written again behind it', async () => {
    const store = new MemoryStore();
    const table = await makeTable(store);
    const spark = Buffer.from(
      '{"commitInfo":{}}\n{"add":{"path":"s","partitionValues":{},"size":1,"modificationTime":1,"dataChange":true}}\n',
    );
    const put = store.putIfAbsent.bind(store);
    store.putIfAbsent = async (name, bytes) => {
      const outcome = await put(name, bytes);
      if (name === commitName(1)) await store.put(name, spark);
      return outcome;
    };
    expect(await append(table, ['a'])).toMatchObject({ kind: 'committed', version: 2, attempts: 2 });
    const { snapshot } = await DeltaTable.open(store, { checkpoints: PARQUET_CHECKPOINTS });
    expect([...snapshot.files.keys()]).toEqual(['s', 'a']);
  });

  it('goes on top of what others appended meanwhile', async () => {
    const store = new MemoryStore();
    const [a, b] = [await makeTable(store), await makeTable(store)];
    await append(a, ['a']);
    expect(await append(b, ['b'])).toMatchObject({ kind: 'committed', version: 2, attempts: 2 });
    expect([...b.snapshot.files.keys()].sort()).toEqual(['a', 'b']);
  });

  it('gives up when its attempts are used, with nothing written and nothing in the way of a repeat', async () => {
    const store = new MemoryStore();
    const [a, b] = [await makeTable(store), await makeTable(store)];
    const put = store.putIfAbsent.bind(store);
    let others = 0;
    store.putIfAbsent = async (name, bytes) => {
      await put(name, Buffer.from(JSON.stringify({ add: fakeFile(`other-${others++}`) })));
      return put(name, bytes);
    };
    const request = { operation: 'WRITE', adds: [fakeFile('a')], reads: 'nothing' } as const;
    await expect(a.commit({ ...request, maxAttempts: 3 })).rejects.toMatchObject({ code: 'COMMIT_CONFLICT' });
    store.putIfAbsent = put;
    expect([...(await b.refresh()).files.keys()]).toEqual(['other-0', 'other-1', 'other-2']);
    expect(await a.commit(request)).toMatchObject({ kind: 'committed', version: 4, attempts: 1 });
  });

  it('is skipped when the table has its txn already, also when another process put it there', async () => {
    const store = new MemoryStore();
    const [a, b] = [await makeTable(store), await makeTable(store)];
    const txn = { appId: 'app', version: 7 };
    expect(await append(a, ['a'], txn)).toMatchObject({ kind: 'committed' });
    expect(await append(a, ['a2'], txn)).toMatchObject({ kind: 'already-committed' });
    expect(await append(b, ['b'], txn)).toMatchObject({ kind: 'already-committed' });
    expect((await b.refresh()).files.size).toBe(1);
  });

  it('stops when another one writes under its name', async () => {
    const store = new MemoryStore();
    const [a, b] = [await makeTable(store), await makeTable(store)];
    await append(a, ['a'], { appId: 'app', version: 3 });
    expect(await append(b, ['b'], { appId: 'app', version: 9 })).toMatchObject({
      kind: 'conflict',
      reason: 'concurrent-txn',
    });
  });

  it('of a rewrite loses against another rewrite of the same file, and never against an append', async () => {
    const store = new MemoryStore();
    const a = await makeTable(store);
    await append(a, ['x', 'y']);
    const b = await makeTable(store);
    await append(a, ['z']);
    expect(await remove(b, ['x'])).toMatchObject({ kind: 'committed' });
    expect(await remove(a, ['x'])).toMatchObject({ kind: 'conflict', reason: 'delete-read' });
  });

  it('that removes what another one has removed loses too when an append has taken its handle past that', async () => {
    const store = new MemoryStore();
    const [a, b] = [await makeTable(store), await makeTable(store)];
    await append(a, ['x', 'y']);
    await remove(a, ['x']);
    expect(await append(b, ['z'])).toMatchObject({ kind: 'committed' });
    expect(await remove(b, ['x'])).toMatchObject({ kind: 'conflict', reason: 'delete-read' });
    expect([...b.snapshot.files.keys()].sort()).toEqual(['y', 'z']);
  });

  it('keeps a snapshot as it was while the handle goes on', async () => {
    const table = await makeTable(new MemoryStore());
    await append(table, ['a']);
    const before = table.snapshot;
    await append(table, ['b']);
    expect([...before.files.keys()]).toEqual(['a']);
    expect([...table.snapshot.files.keys()]).toEqual(['a', 'b']);
  });

  it('is seen by another handle, which reads the new ones alone', async () => {
    const store = new MemoryStore();
    const table = await makeTable(store);
    for (const path of ['a', 'b', 'c']) await append(table, [path]);
    const reads = vi.spyOn(store, 'read');
    const reader = await DeltaTable.open(store, { checkpoints: PARQUET_CHECKPOINTS });
    for (const path of ['d', 'e']) await append(table, [path]);
    reads.mockClear();
    const listings = vi.spyOn(store, 'list');
    expect([...(await reader.refresh()).files.keys()]).toEqual(['a', 'b', 'c', 'd', 'e']);
    // Its own version shows that the log is still there; the one after the newest, that there is no more.
    expect(reads.mock.calls).toEqual([3, 4, 5, 6].map((version) => [commitName(version)]));
    expect(listings).not.toHaveBeenCalled();
  });

  it('is refused on tables that need a writer feature, by its name', async () => {
    const store = new MemoryStore();
    const table = await makeTable(store, { 'delta.constraints.positive': 'id > 0' });
    await expect(append(table, ['a'])).rejects.toThrow(/constraint `positive`/);
  });

  it('writes commitInfo first and only strings as parameters and metrics', async () => {
    const store = new MemoryStore();
    await append(await makeTable(store), ['a'], { appId: 'app', version: 1 });
    const lines = Buffer.from((await store.read(commitName(1))) ?? [])
      .toString()
      .trimEnd()
      .split('\n');
    const [first] = lines.map((line) => JSON.parse(line));
    expect(first.commitInfo).toMatchObject({ operation: 'WRITE', isBlindAppend: true, readVersion: 0 });
    for (const group of [first.commitInfo.operationParameters, first.commitInfo.operationMetrics]) {
      expect(Object.values(group).every((value) => typeof value === 'string')).toBe(true);
    }
    expect(lines.map((line) => Object.keys(JSON.parse(line))[0])).toEqual(['commitInfo', 'txn', 'add']);
  });
});

describe('a disk without hard links', () => {
  it('that fills up in a commit leaves no part of it, and the commit is not taken for done', async () => {
    const folder = await temporaryFolder();
    await makeTable(new LocalStore(folder));
    expect(execFileSync(process.execPath, [FULL_DISK, folder]).toString()).toBe('ENOSPC');
    const { version } = await DeltaTable.open(new LocalStore(folder), { checkpoints: PARQUET_CHECKPOINTS });
    expect([version, await readdir(join(folder, '_delta_log'))]).toEqual([0, [`${'0'.repeat(20)}.json`]]);
  });
});

describe('writers on one folder', () => {
  it(`of 8 processes with ${APPENDS} appends each leave exactly as many commits, without a gap, and in a long race none starves`, async () => {
    const folder = await temporaryFolder();
    await makeTable(new LocalStore(folder));
    const writers = Array.from({ length: 8 }, (_, writer) => startWriter(folder, writer, APPENDS));
    await Promise.all(writers.map(({ ready }) => ready));
    for (const { begin } of writers) begin();
    for (const { ended } of writers) expect(await ended).toBe(APPENDS);
    const store = new LocalStore(folder);
    const table = await DeltaTable.open(store, { checkpoints: PARQUET_CHECKPOINTS });
    expect(table.version).toBe(8 * APPENDS);
    expect(table.snapshot.files.size).toBe(8 * APPENDS);
    const done = await commitsWhileAllRan(store, table.version);
    const share = done.reduce((sum, count) => sum + count) / 8;
    // A short race is won by whom the system lets run first; in a long one the slowest has at least half of its share.
    if (APPENDS >= 200)
      expect(Math.min(...done), `commits of each: ${done}`).toBeGreaterThanOrEqual(share / 2);
  }, 120_000);

  it.each(['commit:temp-written', 'commit:linked'])(
    'may be killed at %s: the table opens, and a repeat adds the batch once',
    async (step) => {
      const folder = await temporaryFolder();
      await makeTable(new LocalStore(folder));
      expect(await appendIn(folder, 1, 1, step)).toBe(0);
      expect(await appendIn(folder, 1, 1)).toBe(step === 'commit:linked' ? 0 : 1);
      const { snapshot } = await DeltaTable.open(new LocalStore(folder), {
        checkpoints: PARQUET_CHECKPOINTS,
      });
      expect([snapshot.version, snapshot.files.size]).toEqual([1, 1]);
    },
  );

  it('see through a commit that Hadoop checksums and temporary files lie beside', async () => {
    const folder = await temporaryFolder();
    await append(await makeTable(new LocalStore(folder)), ['a']);
    const log = join(folder, '_delta_log');
    const commit = await readFile(join(log, `${'1'.padStart(20, '0')}.json`));
    await writeFile(join(log, `.${'1'.padStart(20, '0')}.json.crc`), 'x');
    await writeFile(join(log, `.tmp-1.json.tmp`), commit);
    await writeFile(join(log, `${'0'.repeat(20)}.${'1'.padStart(20, '0')}.compacted.json`), 'nonsense');
    expect((await readdir(log)).length).toBe(5);
    expect(
      (await DeltaTable.open(new LocalStore(folder), { checkpoints: PARQUET_CHECKPOINTS })).version,
    ).toBe(1);
  });
});

/** How many commits each of the 8 writers had when the first of them was done. */
async function commitsWhileAllRan(store: LocalStore, newest: number): Promise<number[]> {
  const done = Array<number>(8).fill(0);
  for (let version = 1; version <= newest && Math.max(...done) < APPENDS; version++) {
    const text = Buffer.from((await store.read(commitName(version))) ?? []).toString();
    const writer = Number(/"appId":"writer-(\d)"/.exec(text)?.[1]);
    done[writer] = (done[writer] ?? 0) + 1;
  }
  return done;
}

/** Appends in a process of its own; with `killAt` it kills itself at that step. @returns how many it committed. */
async function appendIn(folder: string, writer: number, count: number, killAt = ''): Promise<number> {
  const { ready, begin, ended } = startWriter(folder, writer, count, killAt);
  await ready;
  begin();
  return ended;
}

function startWriter(folder: string, writer: number, count: number, killAt = '') {
  const child = fork(WRITER, [folder, String(writer), String(count), killAt], { stdio: 'inherit' });
  let committed = 0;
  const ready = new Promise<void>((done) => {
    child.on('message', (message) => {
      if (message === 'ready') done();
      else committed = Number(message);
    });
  });
  const ended = new Promise<number>((done) => child.on('close', () => done(committed)));
  return { ready, ended, begin: () => child.send('begin') };
}
