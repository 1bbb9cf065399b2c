import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CheckpointFormat } from '../../src/delta/checkpoint/checkpoint-format.ts';
import { checkpointActions, writeCheckpoint } from '../../src/delta/checkpoint/write-checkpoint.ts';
import { DeltaTable } from '../../src/delta/delta-table.ts';
import { checkpointName, commitName, LAST_CHECKPOINT } from '../../src/delta/log/log-path.ts';
import { LocalStore } from '../../src/delta/store/local-store.ts';
import { DUCKDB_CHECKPOINTS } from '../../src/parquet/duckdb-checkpoints.ts';
import { PARQUET_CHECKPOINTS } from '../../src/parquet/parquet-checkpoints.ts';
import { append, makeTable } from '../support/delta.ts';
import { runSql } from '../support/parquet-table.ts';
import { temporaryFolder } from '../support/program.ts';

const SPARKS = resolve(
  '../shared/fixtures/delta-tables/multi-part-checkpoint-spark/table/_delta_log/00000000000000000000.checkpoint.0000000001.0000000003.parquet',
);
const READERS = [PARQUET_CHECKPOINTS, DUCKDB_CHECKPOINTS];

/** A table of three files at version 3, where `path` names its files. */
async function tableOfThree() {
  const store = new LocalStore(await temporaryFolder());
  const table = await makeTable(store);
  for (const path of ['a', 'b', 'c']) await append(table, [path]);
  return { table, path: (name: string) => join(store.location, name) };
}

const filesOf = async ({ store }: DeltaTable, checkpoints: CheckpointFormat) =>
  [...(await DeltaTable.open(store, { checkpoints })).snapshot.files.keys()].sort();

/** Every element in its order; a signed integer is the same with and without its annotation. */
const schemaOf = (path: string) =>
  runSql(`SELECT name, type, num_children, CASE WHEN name <> 'schema' THEN repetition_type END,
            CASE WHEN converted_type NOT IN ('INT_32', 'INT_64') THEN converted_type END
          FROM parquet_schema('${path}') OFFSET 1`);

describe('a checkpoint of ours', () => {
  it.skipIf(!existsSync(SPARKS))(
    'has the schema of one by Spark, element by element (needs the tables)',
    async () => {
      const { table, path } = await tableOfThree();
      await writeCheckpoint(table, { nowMs: Date.now(), force: true });
      const ours = await schemaOf(path(checkpointName(3)));
      expect(ours).toEqual(await schemaOf(SPARKS));
      expect(ours.length).toBeGreaterThan(70);
    },
  );

  it('that is cut anywhere gives way to the commits, and is an error without them', async () => {
    const { table, path } = await tableOfThree();
    await writeCheckpoint(table, { nowMs: Date.now(), force: true });
    const whole = await readFile(path(checkpointName(3)));
    const cuts = [0, 3, 4, 0.3, 0.6, 0.9].map((cut) => (cut < 1 ? Math.floor(cut * whole.length) : cut));
    for (const cut of [...cuts, whole.length - 8, whole.length - 1]) {
      await writeFile(path(checkpointName(3)), whole.subarray(0, cut));
      for (const checkpoints of READERS)
        expect(await filesOf(table, checkpoints), `cut at ${cut}`).toEqual(['a', 'b', 'c']);
    }
    await rm(path(commitName(0)));
    for (const checkpoints of READERS)
      await expect(filesOf(table, checkpoints)).rejects.toMatchObject({ code: 'TABLE_DAMAGED' });
  });
});

describe('a checkpoint in parts', () => {
  it('counts when all of them are there', async () => {
    const { table, path } = await tableOfThree();
    const actions = checkpointActions(table.snapshot, Date.now());
    const part = (number: number) =>
      path(checkpointName(3)).replace('.parquet', `.000000000${number}.0000000002.parquet`);
    await writeFile(part(1), await PARQUET_CHECKPOINTS.encode(actions.slice(0, 3)));
    for (const checkpoints of READERS) expect(await filesOf(table, checkpoints)).toEqual(['a', 'b', 'c']);
    await writeFile(part(2), await PARQUET_CHECKPOINTS.encode(actions.slice(3)));
    for (const version of [0, 1, 2]) await rm(path(commitName(version)));
    for (const checkpoints of READERS) expect(await filesOf(table, checkpoints)).toEqual(['a', 'b', 'c']);
    await rm(part(1));
    for (const checkpoints of READERS)
      await expect(filesOf(table, checkpoints)).rejects.toMatchObject({ code: 'TABLE_DAMAGED' });
  });
});

describe('a checkpoint of version 2', () => {
  it.each(['../../outside.parquet', '/etc/passwd', '..'])(
    'that names the sidecar `%s` is not followed',
    async (sidecar) => {
      const { table, path } = await tableOfThree();
      const { protocol, metadata } = table.snapshot;
      const name = checkpointName(3).replace('.parquet', '.00000000-0000-4000-8000-000000000000.json');
      const lines = [
        { checkpointMetadata: { version: 3 } },
        { protocol },
        { metaData: metadata },
        { sidecar: { path: sidecar, sizeInBytes: 1, modificationTime: 1 } },
      ];
      await writeFile(path(name), lines.map((line) => JSON.stringify(line)).join('\n'));
      await writeFile(path(LAST_CHECKPOINT), '{"version":3,"size":4}');
      for (const checkpoints of READERS) expect(await filesOf(table, checkpoints)).toEqual(['a', 'b', 'c']);
      await rm(path(commitName(0)));
      for (const checkpoints of READERS)
        await expect(filesOf(table, checkpoints)).rejects.toMatchObject({ code: 'TABLE_DAMAGED' });
    },
  );
});
