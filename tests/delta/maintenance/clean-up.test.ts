import { readdir, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeCheckpoint } from '../../../src/delta/checkpoint/write-checkpoint.ts';
import { DeltaTable } from '../../../src/delta/delta-table.ts';
import { nullableField } from '../../../src/delta/format/schema.ts';
import { checkpointName, commitName } from '../../../src/delta/log/log-path.ts';
import { planLogSegment } from '../../../src/delta/log/log-segment.ts';
import { addColumns } from '../../../src/delta/maintenance/add-columns.ts';
import { cleanUpLog, expiredLogFiles } from '../../../src/delta/maintenance/log-cleanup.ts';
import { LocalStore } from '../../../src/delta/store/local-store.ts';
import { PARQUET_CHECKPOINTS } from '../../../src/parquet/parquet-checkpoints.ts';
import { append, makeTable, remove } from '../../support/delta.ts';
import { temporaryFolder } from '../../support/program.ts';

const DAY_MS = 86_400_000;
const SHORT = { 'delta.logRetentionDuration': 'interval 1 day' };
const open = (store: LocalStore) => DeltaTable.open(store, { checkpoints: PARQUET_CHECKPOINTS });

/** Makes the commits up to a version look five days old. */
async function age(store: LocalStore, upTo: number): Promise<void> {
  const old = new Date(Date.now() - 5 * DAY_MS);
  for (let version = 0; version <= upTo; version++)
    await utimes(join(store.location, commitName(version)), old, old);
}

const entry = (name: string, modifiedMs: number) => ({ name, sizeBytes: 1, modifiedMs });

describe('which files of the log may go', () => {
  it('after any clean-up of any log every version within the retention can still be built', () => {
    const NOW_MS = 400 * DAY_MS;
    fc.assert(
      fc.property(
        fc.array(fc.record({ ageMs: fc.nat(60 * DAY_MS), hasCheckpoint: fc.boolean() }), {
          minLength: 1,
          maxLength: 40,
        }),
        fc.integer({ min: 0, max: 40 }).map((days) => days * DAY_MS),
        (versions, retentionMs) => {
          const entries = versions.flatMap(({ ageMs, hasCheckpoint }, version) => [
            entry(commitName(version), NOW_MS - ageMs),
            ...(hasCheckpoint ? [entry(checkpointName(version), NOW_MS - ageMs)] : []),
          ]);
          const expired = expiredLogFiles(entries, NOW_MS, retentionMs);
          const left = entries.map(({ name }) => name).filter((name) => !expired.includes(name));
          for (const [version, { ageMs }] of versions.entries()) {
            if (ageMs < retentionMs || version === versions.length - 1)
              expect(planLogSegment(left, { location: 't', target: version }).version).toBe(version);
          }
          const deleted = expired.filter((name) => name.endsWith('.json'));
          expect(deleted).toEqual([...deleted].sort());
        },
      ),
    );
  });

  it('a clock that was set back makes no young commit old', () => {
    const young = 99.9 * DAY_MS;
    const entries = [
      entry(commitName(0), young),
      entry(commitName(1), young),
      entry(commitName(2), 10 * DAY_MS),
      entry(checkpointName(2), 10 * DAY_MS),
    ];
    expect(expiredLogFiles(entries, 100 * DAY_MS, 7 * DAY_MS)).toEqual([]);
  });

  it('holds for logs of any length', () => {
    const entries = Array.from({ length: 200_000 }, (_, version) => entry(commitName(version), 0));
    entries.push(entry(checkpointName(199_999), 0));
    expect(expiredLogFiles(entries, 100 * DAY_MS, DAY_MS).length).toBe(199_999);
  });

  it('takes checksums and compacted commits of other writers along, and temporary files of yesterday', () => {
    const side = '_delta_log/00000000000000000000.crc';
    const compacted = '_delta_log/00000000000000000000.00000000000000000001.compacted.json';
    const temporary = '_delta_log/.tmp-1.tmp';
    const entries = [
      ...[0, 1, 2].map((version) => entry(commitName(version), 0)),
      ...[side, compacted, checkpointName(2), temporary].map((name) => entry(name, 0)),
      entry('_delta_log/.tmp-2.tmp', 100 * DAY_MS),
    ];
    expect(expiredLogFiles(entries, 100 * DAY_MS, DAY_MS).sort()).toEqual(
      [side, compacted, commitName(0), commitName(1), temporary].sort(),
    );
  });
});

describe('log clean-up', () => {
  it('removes nothing below a checkpoint that cannot be read', async () => {
    const store = new LocalStore(await temporaryFolder());
    const table = await makeTable(store, SHORT);
    for (let i = 0; i < 3; i++) await append(table, [`f${i}`]);
    await writeCheckpoint(table, { nowMs: Date.now(), force: true });
    await truncate(join(store.location, checkpointName(3)), 100);
    await age(store, 3);
    expect(await cleanUpLog(table, Date.now())).toEqual([]);
    expect((await open(store)).snapshot.files.size).toBe(3);
  });

  it('goes back to the newest checkpoint that can be read', async () => {
    const store = new LocalStore(await temporaryFolder());
    const table = await makeTable(store, SHORT);
    await append(table, ['a']);
    await writeCheckpoint(table, { nowMs: Date.now(), force: true });
    await append(table, ['b']);
    await writeCheckpoint(table, { nowMs: Date.now(), force: true });
    await writeFile(join(store.location, checkpointName(2)), 'no Parquet');
    await age(store, 2);
    expect(await cleanUpLog(table, Date.now())).toEqual([commitName(0)]);
    expect((await open(store)).snapshot.files.size).toBe(2);
  });

  it.each([
    ['a retention that it cannot read', { 'delta.logRetentionDuration': 'interval 1 month' }],
    ['a negative one', { 'delta.logRetentionDuration': 'interval -1 days' }],
    ['a table that forbids it', { ...SHORT, 'delta.enableExpiredLogCleanup': 'FALSE' }],
  ])('leaves everything with %s', async (_, configuration) => {
    const store = new LocalStore(await temporaryFolder());
    const table = await makeTable(store, configuration);
    await append(table, ['a']);
    await writeCheckpoint(table, { nowMs: Date.now(), force: true });
    await age(store, 1);
    expect(await cleanUpLog(table, Date.now() + 1000 * DAY_MS)).toEqual([]);
  });

  it('refuses a table whose features it does not know', async () => {
    const table = await makeTable(new LocalStore(await temporaryFolder()), {
      'delta.constraints.x': 'id > 0',
    });
    await expect(cleanUpLog(table, Date.now())).rejects.toMatchObject({ code: 'TABLE_UNSUPPORTED' });
  });
});

describe('a handle that slept while the log behind it was cleaned up', () => {
  /** Handle at version 1; others are at version 8, and the log begins at 7. */
  async function leftBehind(change?: (other: DeltaTable) => Promise<unknown>) {
    const store = new LocalStore(await temporaryFolder());
    const sleeper = await makeTable(store, SHORT);
    await append(sleeper, ['a'], { appId: 'app', version: 1 });
    const other = await open(store);
    for (let i = 0; i < 5; i++) await append(other, [`o${i}`]);
    await (change ? change(other) : append(other, ['o5']));
    await writeCheckpoint(other, { nowMs: Date.now(), force: true });
    await append(other, ['last']);
    await age(store, 7);
    expect(await cleanUpLog(other, Date.now())).toContain(commitName(2));
    return { store, sleeper };
  }

  it('commits on top of the newest version, not into the hole', async () => {
    const { store, sleeper } = await leftBehind();
    expect(await append(sleeper, ['mine'], { appId: 'app', version: 2 })).toMatchObject({
      kind: 'committed',
      version: 9,
    });
    const { snapshot } = await open(store);
    expect([snapshot.version, snapshot.files.has('mine'), snapshot.files.has('o5')]).toEqual([9, true, true]);
    expect(await readdir(join(store.location, '_delta_log'))).not.toContain(commitName(2).slice(11));
  });

  it('sees the newest version when it looks', async () => {
    const { sleeper } = await leftBehind();
    expect((await sleeper.refresh()).version).toBe(8);
  });

  it('knows that its batch is in already', async () => {
    const { sleeper } = await leftBehind((other) => append(other, ['b'], { appId: 'app', version: 2 }));
    expect(await append(sleeper, ['b'], { appId: 'app', version: 2 })).toMatchObject({
      kind: 'already-committed',
    });
  });

  it('stops when another one wrote under its name', async () => {
    const { sleeper } = await leftBehind((other) => append(other, ['b'], { appId: 'app', version: 2 }));
    expect(await append(sleeper, ['b'], { appId: 'app', version: 3 })).toMatchObject({
      reason: 'concurrent-txn',
    });
  });

  it('notices new columns, and that a rewrite has to be planned again', async () => {
    const changed = await leftBehind((other) => addColumns(other, [nullableField('note', 'string')]));
    expect(await append(changed.sleeper, ['x'])).toMatchObject({ reason: 'metadata-changed' });
    expect(await append(changed.sleeper, ['x'])).toMatchObject({ kind: 'committed' });
    const { sleeper } = await leftBehind();
    expect(await remove(sleeper, ['a'])).toMatchObject({ reason: 'delete-read' });
  });
});
