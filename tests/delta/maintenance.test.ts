import { readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeCheckpoint } from '../../src/delta/checkpoint/write-checkpoint.ts';
import { DeltaTable } from '../../src/delta/delta-table.ts';
import { decodePath, encodePath } from '../../src/delta/format/file-path.ts';
import { compareUtf8, lowerBound, upperBound } from '../../src/delta/format/stats-strings.ts';
import { parseInterval } from '../../src/delta/format/table-properties.ts';
import { readHistory, versionAt } from '../../src/delta/log/history.ts';
import { parseJson, stringifyJson } from '../../src/delta/log/json.ts';
import { jsonChecksum } from '../../src/delta/log/last-checkpoint.ts';
import { commitName } from '../../src/delta/log/log-path.ts';
import { cleanUpLog, expiredLogFiles } from '../../src/delta/maintenance/log-cleanup.ts';
import { restoreTable } from '../../src/delta/maintenance/restore.ts';
import { vacuumTable } from '../../src/delta/maintenance/vacuum.ts';
import { LocalStore } from '../../src/delta/store/local-store.ts';
import { PARQUET_CHECKPOINTS } from '../../src/parquet/parquet-checkpoints.ts';
import { verifyTable } from '../../src/query/verify/verify-table.ts';
import { append, makeTable, remove } from '../support/delta.ts';
import { temporaryFolder } from '../support/program.ts';

const DAY_MS = 86_400_000;
const open = (store: LocalStore) => DeltaTable.open(store, { checkpoints: PARQUET_CHECKPOINTS });

describe('a checkpoint', () => {
  it('is due after as many commits as the table says, and is enough without the commits below it', async () => {
    const store = new LocalStore(await temporaryFolder());
    const table = await makeTable(store, { 'delta.checkpointInterval': '3' });
    await append(table, ['a']);
    expect(await writeCheckpoint(table, { nowMs: Date.now() })).toBeUndefined();
    await append(table, ['b'], { appId: 'app', version: 5 });
    expect(await writeCheckpoint(table, { nowMs: Date.now() })).toBe(2);
    for (const version of [0, 1]) await rm(join(store.location, commitName(version)));
    const reopened = await open(store);
    expect([...reopened.snapshot.files.keys()]).toEqual(['a', 'b']);
    expect(reopened.txnVersion('app')).toBe(5);
    const light = await DeltaTable.open(store, { checkpoints: PARQUET_CHECKPOINTS });
    expect([...light.snapshot.files]).toEqual([...reopened.snapshot.files]);
    expect(light.snapshot.metadata).toEqual(reopened.snapshot.metadata);
    expect(light.txnVersion('app')).toBe(5);
  });

  it('hint carries the checksum of the specification', () => {
    const value = {
      k0: "'v 0'",
      checksum: 'x',
      k1: { k2: 2, k3: ['v3', [1, 2], { k4: 'v4', k5: ['v5', 'v6', 'v7'] }] },
    };
    expect(jsonChecksum(value)).toBe('6a92d155a59bf2eecbd4b4ec7fd1f875');
  });
});

describe('log clean-up', () => {
  it('removes nothing that is needed: after it the table opens at every version that was kept', async () => {
    const store = new LocalStore(await temporaryFolder());
    const table = await makeTable(store, { 'delta.logRetentionDuration': 'interval 1 day' });
    for (let i = 0; i < 4; i++) await append(table, [`f${i}`]);
    await writeCheckpoint(table, { nowMs: Date.now(), force: true });
    await append(table, ['g']);
    const old = new Date(Date.now() - 5 * DAY_MS);
    for (let version = 0; version <= 4; version++)
      await utimes(join(store.location, commitName(version)), old, old);
    const removed = await cleanUpLog(table, Date.now());
    expect(removed).toEqual([0, 1, 2, 3].map(commitName));
    expect((await open(store)).snapshot.files.size).toBe(5);
    await expect((await open(store)).snapshotAt(2)).rejects.toMatchObject({ code: 'VERSION_NOT_FOUND' });
  });

  it('never goes below the newest complete checkpoint, whatever the clock says', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.array(fc.nat(30)),
        fc.integer({ min: 0, max: 100 }),
        (newest, checkpoints, days) => {
          const entry = (name: string) => ({ name: `_delta_log/${name}`, sizeBytes: 1, modifiedMs: 0 });
          const digits = (version: number) => String(version).padStart(20, '0');
          const there = [...new Set(checkpoints.filter((version) => version <= newest))].sort(
            (a, b) => a - b,
          );
          const entries = [
            ...Array.from({ length: newest + 1 }, (_, version) => entry(`${digits(version)}.json`)),
            ...there.map((version) => entry(`${digits(version)}.checkpoint.parquet`)),
          ];
          const expired = new Set(expiredLogFiles(entries, days * DAY_MS, DAY_MS));
          const left = entries.filter(({ name }) => !expired.has(name)).map(({ name }) => name);
          const last = there.at(-1);
          if (last === undefined) expect(left.length).toBe(entries.length);
          else
            for (let version = last; version <= newest; version++)
              expect(left).toContain(`_delta_log/${digits(version)}.json`);
          if (last !== undefined) expect(left).toContain(`_delta_log/${digits(last)}.checkpoint.parquet`);
        },
      ),
    );
  });
});

describe('vacuum', () => {
  it('judges removed files by when they were removed and unknown ones by their age', async () => {
    const folder = await temporaryFolder();
    const table = await makeTable(new LocalStore(folder));
    await append(table, ['live.parquet', 'long-removed.parquet', 'just-removed.parquet']);
    await remove(table, ['long-removed.parquet']);
    await table.commit({
      operation: 'OPTIMIZE',
      reads: 'removed-files',
      removes: [{ path: 'just-removed.parquet', dataChange: false, deletionTimestamp: Date.now() }],
    });
    const old = new Date(Date.now() - 30 * DAY_MS);
    for (const name of [
      'live.parquet',
      'long-removed.parquet',
      'just-removed.parquet',
      'old-orphan.parquet',
      'young-orphan.parquet',
    ]) {
      await writeFile(join(folder, name), name);
      if (name !== 'young-orphan.parquet') await utimes(join(folder, name), old, old);
    }
    const plan = await vacuumTable(table, { nowMs: Date.now(), dryRun: true });
    expect([...plan.files].sort()).toEqual(['long-removed.parquet', 'old-orphan.parquet']);
    expect((await table.store.listNames('')).length).toBe(5);
    await vacuumTable(table, { nowMs: Date.now(), dryRun: false });
    expect(await table.store.listNames('')).toEqual([
      'just-removed.parquet',
      'live.parquet',
      'young-orphan.parquet',
    ]);
    const operations = (await readHistory(table.store, 2)).map(({ info }) => info.operation);
    expect(operations).toEqual(['VACUUM END', 'VACUUM START']);
  });

  it('refuses a retention shorter than the table allows', async () => {
    const table = await makeTable(new LocalStore(await temporaryFolder()));
    await expect(
      vacuumTable(table, { nowMs: Date.now(), dryRun: true, retentionMs: 1000 }),
    ).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('restore and history', () => {
  it('bring a table back, and tell what happened', async () => {
    const folder = await temporaryFolder();
    const table = await makeTable(new LocalStore(folder));
    await append(table, ['a']);
    await writeFile(join(folder, 'a'), 'x');
    await append(table, ['b']);
    await remove(table, ['a']);
    expect(await restoreTable(table, 1)).toMatchObject({ added: 1, removed: 1, version: 4 });
    expect([...(await table.refresh()).files.keys()]).toEqual(['a']);
    expect((await readHistory(table.store, 9)).map(({ info }) => info.operation)).toEqual([
      'RESTORE',
      'OPTIMIZE',
      'WRITE',
      'WRITE',
      'CREATE TABLE',
    ]);
    await rm(join(folder, 'a'));
    await remove(table, ['a']);
    await expect(restoreTable(table, 1)).rejects.toThrow(/vacuumed/);
  });

  it('find the version that was the newest at a time', async () => {
    const folder = await temporaryFolder();
    const table = await makeTable(new LocalStore(folder));
    for (const name of ['a', 'b']) await append(table, [name]);
    const at = (day: number) => Date.parse('2026-11-01T00:00:00Z') + day * DAY_MS;
    for (const version of [0, 1, 2])
      await utimes(join(folder, commitName(version)), new Date(at(version)), new Date(at(version)));
    expect(await versionAt(table.store, at(1))).toBe(1);
    expect(await versionAt(table.store, at(1) + 1)).toBe(1);
    expect(await versionAt(table.store, at(99))).toBe(2);
    await expect(versionAt(table.store, at(-1))).rejects.toMatchObject({ code: 'VERSION_NOT_FOUND' });
  });
});

describe('a table that keeps times in its commits', () => {
  const AT_MS = Date.parse('2026-11-01T00:00:00Z');

  /** Copied, so that its files are of another time: of commit 0 the file tells, then hours 1 to 3. */
  async function copied(modifiedMs: number): Promise<LocalStore> {
    const store = new LocalStore(await temporaryFolder());
    const table = await makeTable(store);
    for (const name of ['a', 'b', 'c']) await append(table, [name]);
    for (const version of [0, 1, 2, 3]) {
      const path = join(store.location, commitName(version));
      const reported = `{"commitInfo":{"inCommitTimestamp":${AT_MS + version * 3_600_000},`;
      const text = await readFile(path, 'utf8');
      if (version > 0) await writeFile(path, text.replace('{"commitInfo":{', reported));
      const at = new Date(version === 0 ? AT_MS : modifiedMs);
      await utimes(path, at, at);
    }
    return store;
  }

  it.each([
    ['later', AT_MS + 99 * DAY_MS],
    ['earlier', 0],
  ])('is travelled by those, also when its files are from %s', async (_, modifiedMs) => {
    const store = await copied(modifiedMs);
    for (const [hour, version] of [
      [1, 1],
      [2.5, 2],
      [3, 3],
      [99, 3],
    ] as const)
      expect(await versionAt(store, AT_MS + hour * 3_600_000), `hour ${hour}`).toBe(version);
    expect(await versionAt(store, AT_MS + 1)).toBe(0);
    await expect(versionAt(store, AT_MS - 1)).rejects.toMatchObject({ code: 'VERSION_NOT_FOUND' });
    expect((await readHistory(store, 2)).map(({ timeMs }) => timeMs)).toEqual(
      [3, 2].map((hour) => AT_MS + hour * 3_600_000),
    );
  });
});

describe('verify', () => {
  it('finds a missing file, a truncated one and a gap', async () => {
    const folder = await temporaryFolder();
    const table = await makeTable(new LocalStore(folder));
    await append(table, ['missing.parquet', 'short.parquet']);
    await writeFile(join(folder, 'short.parquet'), 'xy');
    await truncate(join(folder, 'short.parquet'), 0);
    const findings = await verifyTable(table, new AbortController().signal);
    expect(findings.map(({ file }) => file).sort()).toEqual(['missing.parquet', 'short.parquet']);
    expect(findings.every(({ severity }) => severity === 'damage')).toBe(true);
  });
});

describe('small parts', () => {
  it('paths survive being encoded and decoded once', () => {
    const hard = ['a b', 'US/East', '币', '100%', 'a+b', '😀', '?#', 'x'.repeat(40), '%20', ''];
    fc.assert(
      fc.property(fc.oneof(fc.constantFrom(...hard), fc.string({ unit: 'grapheme' })), (path) => {
        expect(decodePath(encodePath(path))).toBe(path);
      }),
    );
  });

  it('JSON keeps every 64-bit integer, wherever it stands', () => {
    const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    fc.assert(
      fc.property(fc.string(), int64, fc.string(), (before, number, text) => {
        const json = stringifyJson({ before, number, text });
        expect(json).toContain(`"number":${number}`);
        const parsed = parseJson(json) as { before: string; number: number | bigint; text: string };
        expect([parsed.before, BigInt(parsed.number), parsed.text]).toEqual([before, number, text]);
      }),
    );
  });

  it('string bounds are bounds, in the order of UTF-8 bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 90 }), (text) => {
        expect(compareUtf8(lowerBound(text), text)).toBeLessThanOrEqual(0);
        const upper = upperBound(text);
        if (upper !== undefined) expect(compareUtf8(upper, text)).toBeGreaterThanOrEqual(0);
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        expect(Math.sign(compareUtf8(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
      }),
    );
  });

  it.each([
    ['interval 7 days', 7 * DAY_MS],
    ['interval 1 week', 7 * DAY_MS],
    ['INTERVAL 90 minutes', 5_400_000],
    ['interval 1 day 2 hours', DAY_MS + 7_200_000],
    ['interval 1 month', undefined],
    ['soon', undefined],
  ])('%s is %s ms', (text, ms) => {
    expect(parseInterval(text)).toBe(ms);
  });
});
