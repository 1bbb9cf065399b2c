import { describe, expect, it } from 'vitest';
import { checkConflict, type OurCommit } from '../../src/delta/commit/conflict.ts';
import type { Action } from '../../src/delta/log/actions.ts';
import { append, fakeFile, makeTable, remove } from '../support/delta.ts';
import { MemoryStore } from '../support/memory-store.ts';

const removeOf = (path: string) => ({ path, dataChange: true, deletionTimestamp: 1 });
const commitOf = (change: Partial<OurCommit>): OurCommit => ({
  ...{ txn: undefined, removes: [], reads: 'nothing', changesProtocol: false },
  ...change,
});
const APPEND = commitOf({ txn: { appId: 'app', version: 5 } });
const OPTIMIZE = commitOf({ removes: [removeOf('a')], reads: 'removed-files' });
const RESTORE = commitOf({ removes: [removeOf('a')], reads: 'whole-table' });

const add: Action = { add: fakeFile('z') };
const removesOurs: Action = { remove: removeOf('a') };
const removesOther: Action = { remove: removeOf('b') };
const protocol: Action = { protocol: { minReaderVersion: 1, minWriterVersion: 2 } };
const metaData: Action = {
  metaData: {
    id: 'x',
    format: { provider: 'parquet', options: {} },
    schemaString: '{"type":"struct","fields":[]}',
    partitionColumns: [],
    configuration: {},
  },
};
const txnOf = (appId: string, version: number): Action => ({ txn: { appId, version } });

describe('a commit that came before ours', () => {
  it.each([
    // what they did, and what it means for an append, a rewrite and a restore of ours
    ['added a file', [add], 'rebase', 'rebase', 'append-read'],
    ['removed a file that we remove', [removesOurs], 'rebase', 'delete-read', 'delete-delete'],
    ['removed another file', [removesOther], 'rebase', 'rebase', 'delete-read'],
    ['rewrote another file', [removesOther, add], 'rebase', 'rebase', 'delete-read'],
    ['changed the metadata', [metaData], 'metadata-changed', 'metadata-changed', 'metadata-changed'],
    ['changed the protocol', [protocol], 'rebase', 'protocol-changed', 'protocol-changed'],
    ['has our batch', [txnOf('app', 5), add], 'already-committed', 'rebase', 'append-read'],
    ['has a later batch of ours', [txnOf('app', 6), add], 'already-committed', 'rebase', 'append-read'],
    ['has an earlier batch of ours', [txnOf('app', 4), add], 'concurrent-txn', 'rebase', 'append-read'],
    ['has a batch of another', [txnOf('other', 5)], 'rebase', 'rebase', 'rebase'],
    ['says nothing that we know', [{ unknown: { name: 'x', value: 1 } }], 'rebase', 'rebase', 'rebase'],
  ] as const)('and %s', (_, winning, ...verdicts) => {
    expect([APPEND, OPTIMIZE, RESTORE].map((ours) => checkConflict(ours, winning))).toEqual(verdicts);
  });
});

it('a second number that we would record is a conflict when it was recorded meanwhile', async () => {
  const store = new MemoryStore();
  const ours = await makeTable(store);
  const theirs = await makeTable(store);
  const commit = (table: typeof ours, path: string, version: number) =>
    table.commit({
      operation: 'WRITE',
      adds: [fakeFile(path)],
      txn: { appId: 'app', version },
      moreTxns: [{ appId: 'app:late-1', version: 1 }],
      reads: 'nothing',
    });
  expect(await commit(theirs, 'a', 2)).toMatchObject({ kind: 'committed' });
  expect(theirs.txnVersion('app:late-1')).toBe(1);
  expect(await commit(ours, 'b', 3)).toMatchObject({ kind: 'conflict', reason: 'concurrent-txn' });
  expect([...(await ours.refresh()).files.keys()]).toEqual(['a']);
});

describe('an append-only table', () => {
  it('takes appends and rewrites of the same rows, and loses no row', async () => {
    const table = await makeTable(new MemoryStore(), { 'delta.appendOnly': 'true' });
    expect(await append(table, ['a', 'b'])).toMatchObject({ kind: 'committed' });
    expect(await remove(table, ['b'])).toMatchObject({ kind: 'committed' });
    const deletion = table.commit({ operation: 'DELETE', removes: [removeOf('a')], reads: 'whole-table' });
    await expect(deletion).rejects.toThrow(/append-only/);
    expect([...(await table.refresh()).files.keys()]).toEqual(['a']);
  });
});
