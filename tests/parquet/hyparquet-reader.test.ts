import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DuckDBInstance, quotedString } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/delta/log/json.ts';
import { CHECKPOINT_COLUMNS, DUCKDB_CHECKPOINTS } from '../../src/parquet/duckdb-checkpoints.ts';
import { hyparquetActions } from '../../src/parquet/hyparquet-reader.ts';
import { PARQUET_CHECKPOINTS } from '../../src/parquet/parquet-checkpoints.ts';
import { temporaryFolder } from '../support/program.ts';

const FIXTURES = resolve('../shared/fixtures/delta-tables');
const FOREIGN = existsSync(FIXTURES)
  ? (await readdir(FIXTURES, { recursive: true })).filter((name) =>
      /_delta_log.*checkpoint.*\.parquet$/.test(name),
    )
  : [];

/** Actions by both readers, and whether the first one left the file to DuckDB. */
async function readByBoth(path: string) {
  const bytes = await readFile(path);
  const [ours, theirs] = await Promise.all(
    [PARQUET_CHECKPOINTS, DUCKDB_CHECKPOINTS].map(async (reader) =>
      (await reader.readActions(bytes, path)).map(canonicalJson).sort(),
    ),
  );
  return { ours, theirs, askedDuckdb: hyparquetActions(bytes, path) === undefined };
}

describe.skipIf(FOREIGN.length === 0)('checkpoints written by Spark and delta-rs (needs the tables)', () => {
  it.each(FOREIGN)('reads %s as DuckDB does, and without it', async (name) => {
    const { ours, theirs, askedDuckdb } = await readByBoth(join(FIXTURES, name));
    expect(ours).toEqual(theirs);
    expect(askedDuckdb).toBe(false);
  });
});

describe('a checkpoint in another layout', () => {
  const ADDS = Array.from({ length: 2500 }, (_, n) => ({
    path: `d=${n % 9}/part-${n}-é.parquet`,
    partitionValues: n % 3 === 0 ? {} : { d: n % 2 === 0 ? String(n % 9) : null, '': 'x' },
    size: n,
    modificationTime: `9007199254740${993 + n}`,
    dataChange: false,
    ...(n % 5 === 0 ? {} : { stats: `{"numRecords":${n}}` }),
    ...(n % 7 === 0 ? { tags: n % 2 === 0 ? { k: 'v' } : {} } : {}),
    ...(n % 11 === 0
      ? {
          deletionVector: {
            storageType: 'u',
            pathOrInlineDv: 'ab',
            offset: n,
            sizeInBytes: 1,
            cardinality: n,
          },
        }
      : {}),
    future: { when: n, names: n % 4 === 0 ? ['a', null] : [] },
    list: [{ a: n }],
  }));
  const LINES = [
    {
      protocol: {
        minReaderVersion: 3,
        minWriterVersion: 7,
        readerFeatures: ['deletionVectors'],
        writerFeatures: [],
      },
    },
    ...ADDS.map((add) => ({ add })),
    { txn: { appId: 'a', version: 1 } },
    { newAction: { key: 'value', nested: { n: 1 } } },
  ];

  async function written(options: string, more: { readonly add?: string; readonly root?: string } = {}) {
    const folder = await temporaryFolder();
    const [from, to] = [join(folder, 'actions'), join(folder, 'checkpoint.parquet')];
    await writeFile(from, LINES.map((line) => `${JSON.stringify(line)}\n`).join(''));
    const types = { ...CHECKPOINT_COLUMNS };
    if (more.add) types.add = types.add?.replace('STRUCT(', `STRUCT(${more.add}, `) as string;
    const columns = Object.entries(types).map(([name, type]) => `${name}: ${quotedString(type)}`);
    if (more.root) columns.unshift(more.root);
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    await connection.run(
      `COPY (FROM read_json(${quotedString(from)}, format = 'newline_delimited', columns = {${columns.join(', ')}})) TO ${quotedString(to)} (FORMAT parquet, ${options})`,
    );
    connection.closeSync();
    instance.closeSync();
    return to;
  }

  it.each([
    ['many row groups', 'ROW_GROUP_SIZE 2048', {}],
    ['no compression', 'PARQUET_VERSION V1, COMPRESSION uncompressed', {}],
    ['no dictionaries', 'DICTIONARY_SIZE_LIMIT 1', {}],
    ['fields that are new', 'COMPRESSION snappy', { add: 'future STRUCT("when" BIGINT, "names" VARCHAR[])' }],
    [
      'actions that are new',
      'COMPRESSION snappy',
      { root: `newAction: 'STRUCT(key VARCHAR, nested STRUCT(n INTEGER))'` },
    ],
  ])('is read in plain JavaScript: %s', async (_, options, more) => {
    const { ours, theirs, askedDuckdb } = await readByBoth(await written(options, more));
    expect(ours?.length).toBeGreaterThanOrEqual(LINES.length - 1);
    expect(ours).toEqual(theirs);
    expect(askedDuckdb).toBe(false);
  });

  it.each([
    ['a codec that is not known', 'COMPRESSION zstd', {}],
    ['encodings of version 2', 'PARQUET_VERSION V2, COMPRESSION uncompressed', {}],
    ['a list of groups', 'COMPRESSION snappy', { add: 'list STRUCT(a INTEGER)[]' }],
  ])('is left to DuckDB: %s', async (_, options, more) => {
    const { ours, theirs, askedDuckdb } = await readByBoth(await written(options, more));
    expect(ours).toEqual(theirs);
    expect(askedDuckdb).toBe(true);
  });
});
