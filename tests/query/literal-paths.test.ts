import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DeltaTable } from '../../src/delta/delta-table.ts';
import { LocalStore } from '../../src/delta/store/local-store.ts';
import { PARQUET_CHECKPOINTS } from '../../src/parquet/parquet-checkpoints.ts';
import { literalPattern } from '../../src/parquet/parquet-list.ts';
import { openSession } from '../../src/query/session/open-session.ts';
import { verifyTable } from '../../src/query/verify/verify-table.ts';
import { compactTable } from '../../src/upkeep/compaction/compact-table.ts';
import { rowsOfNamedFiles } from '../../src/upkeep/compaction/named-files.ts';
import { parquetTable } from '../support/parquet-table.ts';
import { temporaryFolder } from '../support/program.ts';

/** Each beside a folder that it would match. */
const NAMES = [
  ['a*b', 'aXb'],
  ['a?b', 'aXb'],
  ['a[1]b', 'a1b'],
  ['**', 'ab'],
  ['[!x]', 'y'],
  ['a\\b', 'ab'],
  ['a\\*b', 'aX*b'],
  ['a\\[1]?', 'a][1]?'],
  ['\\*', '^*'],
] as const;

describe.each(NAMES)('the folder %s', (name, neighbour) => {
  it('is read, proved and compacted without that of %s beside it', async () => {
    const folder = await temporaryFolder();
    for (const [lake, ids] of [
      [name, [1, 2]],
      [neighbour, [10, 20]],
    ] as const) {
      const table = await parquetTable(join(folder, lake, 't'), { id: 'long', [`${name}"`]: 'string' });
      for (const id of ids)
        await table.add(`SELECT ${id}::BIGINT AS id`, { path: `p=${name.replace('\\', '')}/${id}.parquet` });
    }
    const ids = async (sql: string | undefined) => {
      const mounts = [`x=${join(folder, name, 't')}`];
      const session = await openSession({ lake: join(folder, name), mounts, memoryBytes: 2 ** 28, sql });
      try {
        return (await session.connection.runAndReadAll('SELECT id::INT FROM x ORDER BY 1')).getRows().flat();
      } finally {
        await session.close();
      }
    };
    expect(await ids('SELECT id FROM x')).toEqual([1, 2]);
    expect(await ids('SELECT id FROM x WHERE id > 1')).toEqual([2]);
    expect(await ids(undefined)).toEqual([1, 2]);
    const open = () =>
      DeltaTable.open(new LocalStore(join(folder, name, 't')), { checkpoints: PARQUET_CHECKPOINTS });
    const { signal } = new AbortController();
    expect(await verifyTable(await open(), signal)).toEqual([]);
    const report = await compactTable(await open(), {
      clusterBy: ['id'],
      curve: 'none',
      targetBytes: 2 ** 27,
      memoryBytes: 2 ** 28,
      nowMs: Date.now(),
      all: true,
      only: undefined,
      dryRun: false,
      signal,
    });
    expect([report.failed, report.done[0]?.rows]).toEqual([[], 2]);
    expect(await ids('SELECT id FROM x')).toEqual([1, 2]);
    expect(
      await verifyTable(await open(), signal).then((all) =>
        all.filter(({ severity }) => severity === 'damage'),
      ),
    ).toEqual([]);
  });
});

it('files that DuckDB does not find, finds twice, or finds others for, are never compacted', async () => {
  const { store, add } = await parquetTable(join(await temporaryFolder(), 't'), { id: 'long' });
  const [one, two] = [await add('SELECT 1::BIGINT AS id'), await add('SELECT * FROM range(2, 5) r(id)')];
  const paths = [one, two].map((name) => store.enginePath(name));
  const instance = await DuckDBInstance.create(':memory:');
  onTestFinished(() => instance.closeSync());
  const connection = await instance.connect();
  await expect(rowsOfNamedFiles(connection, paths)).resolves.toBe(4n);
  for (const others of [
    [`file://${store.location}/*.parquet`],
    [...paths, paths[0] ?? ''],
    [`file://${paths[0]}`],
  ])
    await expect(rowsOfNamedFiles(connection, others)).rejects.toMatchObject({ code: 'UPKEEP_MISMATCH' });
});

it('a pattern is made of wildcards alone, and a URL is left as it is', () => {
  expect(literalPattern('/lake/a*b/[c]?.parquet')).toBe('/lake/a[*]b/[[]c][?].parquet');
  expect(literalPattern('/lake/a\\b.parquet')).toBe('/lake/a\\b.parquet');
  expect(literalPattern('s3://lake/a*b.parquet')).toBe('s3://lake/a*b.parquet');
});
