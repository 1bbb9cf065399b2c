import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkpointActions } from '../../src/delta/checkpoint/write-checkpoint.ts';
import type { Action, DeletionVectorDescriptor } from '../../src/delta/log/actions.ts';
import { serializeCommit } from '../../src/delta/log/commit-json.ts';
import { canonicalJson } from '../../src/delta/log/json.ts';
import { loadSnapshot } from '../../src/delta/log/load-snapshot.ts';
import { checkpointName, commitName } from '../../src/delta/log/log-path.ts';
import { LogReplay } from '../../src/delta/log/log-replay.ts';
import { snapshotOf } from '../../src/delta/log/snapshot.ts';
import { LocalStore } from '../../src/delta/store/local-store.ts';
import { DUCKDB_CHECKPOINTS } from '../../src/parquet/duckdb-checkpoints.ts';
import { PARQUET_CHECKPOINTS } from '../../src/parquet/parquet-checkpoints.ts';
import { temporaryFolder } from '../support/program.ts';

const NOW_MS = Date.now();
const START: readonly Action[] = [{ protocol: { minReaderVersion: 1, minWriterVersion: 2 } }, metadata({})];

function metadata(configuration: Readonly<Record<string, string>>): Action {
  return {
    metaData: {
      id: '00000000-0000-4000-8000-000000000000',
      format: { provider: 'parquet', options: {} },
      schemaString: '{"type":"struct","fields":[{"name":"p","type":"string","nullable":true,"metadata":{}}]}',
      partitionColumns: ['p'],
      configuration,
    },
  };
}

const VECTORS: readonly (DeletionVectorDescriptor | undefined)[] = [
  undefined,
  { storageType: 'u', pathOrInlineDv: 'ab^-aqEH.-t@S}K{vb[*k^', offset: 4, sizeInBytes: 40, cardinality: 6 },
  {
    storageType: 'i',
    pathOrInlineDv: 'wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L',
    sizeInBytes: 40,
    cardinality: 2,
  },
];
const int64 = fc
  .bigInt({ min: 0n, max: 2n ** 63n - 1n })
  .map((value) => (value < 2n ** 53n ? Number(value) : value));

/** A file in one form or another: each is added and removed again and again. */
const file = fc
  .record({
    path: fc.constantFrom('a', 'b', 'c%20d', 'c%2520d', '%E5%B8%81', 'e=1/f'),
    deletionVector: fc.constantFrom(...VECTORS),
    partitionValues: fc.constantFrom<Record<string, string | null>>({}, { p: null }, { p: "币 %/+'😀" }),
    size: int64,
    stats: fc.constantFrom(undefined, '{"numRecords":1}', '{"minValues":{"s":"\\"\\\\😀"}}'),
    tags: fc.constantFrom(undefined, { key: 'value', empty: null }),
    isAdded: fc.boolean(),
  })
  .map(({ isAdded, stats, tags, ...fields }) => {
    const common = { ...fields, dataChange: true };
    return isAdded
      ? { add: present({ ...common, modificationTime: 1, stats, tags }) }
      : { remove: present({ ...common, deletionTimestamp: NOW_MS, extendedFileMetadata: true }) };
  });
const application = fc.record({ appId: fc.constantFrom('x', 'y'), version: int64 }).map((txn) => ({ txn }));
const domain = fc
  .record({
    domain: fc.constantFrom('d', 'e'),
    configuration: fc.constant('{"k":"ü"}'),
    removed: fc.boolean(),
  })
  .map((domainMetadata) => ({ domainMetadata }));
const definition = fc.constantFrom(
  metadata({ 'delta.checkpointInterval': '7' }),
  metadata({ key: '"ü"' }),
  { protocol: { minReaderVersion: 3, minWriterVersion: 7, ...features(['deletionVectors']) } },
  { unknown: { name: 'future', value: { a: 1 } } },
  { commitInfo: { operation: 'X' } },
);

function features(names: readonly string[]) {
  return { readerFeatures: names, writerFeatures: names };
}

/** Without the fields that have no value: optional ones are absent. */
function present<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

/** One action for each thing that a commit may name once. */
const commit = fc.uniqueArray(fc.oneof({ weight: 4, arbitrary: file }, application, domain, definition), {
  minLength: 1,
  maxLength: 6,
  selector: (action) => {
    const [kind = '', fields] = Object.entries(action)[0] ?? [];
    const { path, deletionVector, appId, domain } = fields as Record<string, unknown>;
    return canonicalJson([path ?? kind, deletionVector, appId, domain]);
  },
}) as fc.Arbitrary<Action[]>;
const log = fc.array(commit, { minLength: 1, maxLength: 8 }).map((commits) => [START, ...commits]);

/** What a state says of the table; `dataChange` and removed domains are of commits alone. */
function contents({ files, tombstones, txns, domains, metadata, protocol }: LogReplay): string[] {
  const plain = [...files.values(), ...tombstones.values()].map((action) => ({
    ...action,
    dataChange: null,
  }));
  const live = [...domains.values()].filter(({ removed }) => !removed);
  return [...plain, ...txns.values(), ...live, metadata, protocol].map(canonicalJson).sort();
}

function replayed(...commits: readonly (readonly Action[])[]): LogReplay {
  const state = new LogReplay();
  for (const actions of commits) state.apply(actions);
  return state;
}

describe('the replay of a log', () => {
  it('is the replay of any checkpoint of it and the commits behind', () => {
    fc.assert(
      fc.property(log, fc.nat(), (commits, n) => {
        const cut = (n % commits.length) + 1;
        const early = snapshotOf(replayed(...commits.slice(0, cut)), cut, 't');
        const resumed = replayed(checkpointActions(early, NOW_MS), ...commits.slice(cut));
        expect(contents(resumed)).toEqual(contents(replayed(...commits)));
      }),
    );
  });

  it('is the same from files, with either engine, when the commits below the checkpoint are gone', async () => {
    const folder = await temporaryFolder();
    let run = 0;
    await fc.assert(
      fc.asyncProperty(log, fc.nat(), async (commits, n) => {
        const store = new LocalStore(join(folder, String(run++)));
        await mkdir(store.enginePath('_delta_log'), { recursive: true });
        for (const [version, actions] of commits.entries())
          await writeFile(store.enginePath(commitName(version)), serializeCommit(actions));
        const { state } = await loadSnapshot(store, { checkpoints: PARQUET_CHECKPOINTS });
        expect(contents(state)).toEqual(contents(replayed(...commits)));
        const cut = n % commits.length;
        const early = snapshotOf(
          (await loadSnapshot(store, { checkpoints: PARQUET_CHECKPOINTS }, cut)).state,
          cut,
          't',
        );
        const actions = checkpointActions(early, NOW_MS);
        await writeFile(store.enginePath(checkpointName(cut)), await PARQUET_CHECKPOINTS.encode(actions));
        for (let version = 0; version <= cut; version++) await rm(store.enginePath(commitName(version)));
        for (const checkpoints of [PARQUET_CHECKPOINTS, DUCKDB_CHECKPOINTS]) {
          const resumed = await loadSnapshot(store, { checkpoints });
          expect([resumed.version, resumed.checkpointVersion]).toEqual([commits.length - 1, cut]);
          expect(contents(resumed.state)).toEqual(contents(state));
        }
      }),
      { numRuns: 15 },
    );
  });
});
