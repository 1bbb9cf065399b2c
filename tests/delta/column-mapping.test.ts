import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DeltaTable } from '../../src/delta/delta-table.ts';
import type { DataType, StructField } from '../../src/delta/format/schema.ts';
import { commitName } from '../../src/delta/log/log-path.ts';
import { LocalStore } from '../../src/delta/store/local-store.ts';
import { PARQUET_CHECKPOINTS } from '../../src/parquet/parquet-checkpoints.ts';
import { verifyTable } from '../../src/query/verify/verify-table.ts';
import { runSql } from '../support/parquet-table.ts';
import { run, temporaryFolder } from '../support/program.ts';

const openTable = (path: string) =>
  DeltaTable.open(new LocalStore(path), { checkpoints: PARQUET_CHECKPOINTS });

function field(name: string, id: number, physicalName: string, type: DataType): StructField {
  const metadata = { 'delta.columnMapping.id': id, 'delta.columnMapping.physicalName': physicalName };
  return { name, type, nullable: true, metadata };
}

const struct = (...fields: readonly StructField[]): DataType => ({ type: 'struct', fields });
const list = (elementType: DataType): DataType => ({ type: 'array', elementType, containsNull: true });
const map = (keyType: DataType, valueType: DataType): DataType => ({
  type: 'map',
  keyType,
  valueType,
  valueContainsNull: true,
});

interface MappedFile {
  readonly select: string;
  /** As DuckDB writes them: `{a: 1}`. */
  readonly ids?: string;
  readonly stats?: string;
}

async function mappedTable(
  mode: 'id' | 'name',
  fields: readonly StructField[],
  files: readonly MappedFile[],
): Promise<string> {
  const folder = join(await temporaryFolder(), 'mapped');
  await mkdir(join(folder, '_delta_log'), { recursive: true });
  const adds: unknown[] = [];
  for (const [index, { select, ids, stats }] of files.entries()) {
    const path = `part-${index}.parquet`;
    const fieldIds = ids === undefined ? '' : `, FIELD_IDS ${ids}`;
    await runSql(`COPY (${select}) TO '${join(folder, path)}' (FORMAT parquet${fieldIds})`);
    const { size } = await stat(join(folder, path));
    adds.push({ add: { path, partitionValues: {}, size, modificationTime: 1, dataChange: true, stats } });
  }
  const metaData = {
    id: '00000000-0000-4000-8000-000000000000',
    format: { provider: 'parquet', options: {} },
    schemaString: JSON.stringify({ type: 'struct', fields }),
    partitionColumns: [],
    configuration: { 'delta.columnMapping.mode': mode, 'delta.columnMapping.maxColumnId': '30' },
  };
  const actions = [{ protocol: { minReaderVersion: 2, minWriterVersion: 5 } }, { metaData }, ...adds];
  await writeFile(join(folder, commitName(0)), actions.map((action) => JSON.stringify(action)).join('\n'));
  return folder;
}

function readTable(folder: string, sql: string) {
  return run([
    'read',
    '--lake',
    join(folder, 'no-lake'),
    '--table',
    `t=${folder}`,
    '--format',
    'json',
    '--sql',
    sql,
  ]);
}

async function rowsOf(folder: string, sql: string): Promise<unknown> {
  const { stdout, stderr } = await readTable(folder, sql);
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

async function findingsOf(folder: string): Promise<string[]> {
  const findings = await verifyTable(await openTable(folder), new AbortController().signal);
  return findings.map(({ severity, message }) => `${severity}: ${message}`);
}

describe('column mapping by id', () => {
  /** `id` was renamed since, and `note` was added: its id is in no file. */
  const flat = [
    field('the id', 1, 'col-a', 'long'),
    field('note', 3, 'col-c', 'string'),
    field('symbol', 2, 'col-b', 'string'),
  ];
  const flatFile = {
    select: `SELECT 7::BIGINT AS "col-a", 'x' AS "col-b"`,
    ids: '{"col-a": 1, "col-b": 2}',
    stats: '{"numRecords":1,"minValues":{"col-a":7},"maxValues":{"col-a":7}}',
  };

  it('is read by the new names, and sound', async () => {
    const folder = await mappedTable('id', flat, [flatFile]);
    expect(
      await rowsOf(folder, 'SELECT "the id"::INT AS id, note, symbol FROM t WHERE "the id" = 7'),
    ).toEqual([{ id: 7, note: null, symbol: 'x' }]);
    expect(await findingsOf(folder)).toEqual([]);
  });

  it('is never written', async () => {
    const table = await openTable(await mappedTable('id', flat, [flatFile]));
    await expect(table.commit({ operation: 'WRITE', reads: 'nothing' })).rejects.toMatchObject({
      code: 'TABLE_UNSUPPORTED',
      message: expect.stringMatching(/reader version 2/),
    });
  });

  const nested = [
    field('id', 1, 'p1', 'integer'),
    field('info', 2, 'p2', struct(field('a', 3, 'p3', 'integer'), field('b', 4, 'p4', 'integer'))),
    field('list', 5, 'p5', list(struct(field('e', 6, 'p6', 'integer'), field('f', 7, 'p7', 'string')))),
    field(
      'map',
      8,
      'p8',
      map('string', struct(field('m', 9, 'p9', list(struct(field('n', 10, 'p10', 'integer')))))),
    ),
  ];

  it('is taken from the ids of each file down to structs in lists and maps, whatever names the files have', async () => {
    const folder = await mappedTable('id', nested, [
      {
        select: `SELECT 1::INT AS p1, {p3: 10, p4: 20} AS p2, [{p6: 5, p7: 'five'}, NULL] AS p5,
          MAP {'k': {p9: [{p10: 9}]}} AS p8 UNION ALL SELECT 2, NULL, NULL, NULL`,
        ids: `{p1: 1, p2: {__duckdb_field_id: 2, p3: 3, p4: 4}, p5: {__duckdb_field_id: 5, element: {p6: 6, p7: 7}},
          p8: {__duckdb_field_id: 8, value: {p9: {__duckdb_field_id: 9, element: {p10: 10}}}}}`,
        stats: '{"numRecords":2,"minValues":{"p2":{"p3":10}},"nullCount":{"p2":{"p3":1,"p4":1},"p5":1}}',
      },
      {
        // Names that other columns have elsewhere, in another order, beside fields that were dropped.
        select: `SELECT [{p7: 66, p6: 'six'}] AS p2, {gone: [1], p4: 30, p3: 40} AS p5, 3::INT AS p8,
          MAP {'k': {gone: 1, p10: [{x: 0, p9: 8}]}} AS p1`,
        ids: `{p8: 1, p5: {__duckdb_field_id: 2, p4: 3, p3: 4, gone: 20}, p2: {__duckdb_field_id: 5, element: {p7: 6, p6: 7}},
          p1: {__duckdb_field_id: 8, value: {gone: 21, p10: {__duckdb_field_id: 9, element: {x: 22, p9: 10}}}}}`,
        stats: '{"numRecords":1,"minValues":{"p2":{"p3":30}},"maxValues":{"p2":{"p4":40}}}',
      },
      {
        // Structs of which nothing is left, and a column that was added later.
        select: `SELECT 4::INT AS p1, {p3: 'old'} AS p2, [{p6: {deep: 1}}, NULL] AS p5 UNION ALL SELECT 5, NULL, []`,
        ids: '{p1: 1, p2: {__duckdb_field_id: 2, p3: 23}, p5: {__duckdb_field_id: 5, element: {p6: {__duckdb_field_id: 24, deep: 25}}}}',
        stats: '{"numRecords":2}',
      },
    ]);
    const entry = (n: number) => [{ key: 'k', value: { m: [{ n }] } }];
    const nothing = { a: null, b: null };
    expect(await rowsOf(folder, 'SELECT * FROM t ORDER BY id')).toEqual([
      { id: 1, info: { a: 10, b: 20 }, list: [{ e: 5, f: 'five' }, null], map: entry(9) },
      { id: 2, info: null, list: null, map: null },
      { id: 3, info: { a: 30, b: 40 }, list: [{ e: 66, f: 'six' }], map: entry(8) },
      { id: 4, info: nothing, list: [{ e: null, f: null }, null], map: null },
      { id: 5, info: null, list: [], map: null },
    ]);
    expect(await rowsOf(folder, 'SELECT id FROM t WHERE info.a >= 30')).toEqual([{ id: 3 }]);
    expect(await rowsOf(folder, 'SELECT count(*)::INT AS n FROM t')).toEqual([{ n: 5 }]);
    expect(await findingsOf(folder)).toEqual([]);
  });

  it.each([
    ['everywhere', undefined, 'id'],
    ['of the fields of a struct', '{p1: 1, p2: 2}', 'a'],
    ['of one column among others', '{p2: {__duckdb_field_id: 2, p3: 3, p4: 4}}', 'id'],
    ['of one field among others', '{p1: 1, p2: {__duckdb_field_id: 2, p3: 3}}', 'b'],
  ])('is not guessed where a file lacks ids %s', async (_, ids, name) => {
    const folder = await mappedTable('id', nested, [
      { select: 'SELECT 1::INT AS p1, {p3: 10, p4: 20} AS p2', ...(ids === undefined ? {} : { ids }) },
    ]);
    expect(await readTable(folder, 'SELECT id FROM t')).toMatchObject({
      code: 6,
      stdout: '',
      stderr: expect.stringContaining(`part-0.parquet\` has no id for \`${name}\``),
    });
  });
});

describe('column mapping by name', () => {
  it('reaches into structs, lists and maps, and a struct that is null stays so', async () => {
    const fields = [
      field('id', 1, 'c1', 'long'),
      field(
        'group',
        5,
        'c2',
        struct(field('new', 2, 'n', 'long'), field('in', 4, 'y', struct(field('Z z', 3, 'z', 'string')))),
      ),
      field('list', 7, 'c3', list(struct(field('first', 6, 'e', 'long')))),
      field('map', 9, 'c4', map('string', struct(field('of', 8, 'm', 'long')))),
      field('texts', 10, 'c5', list('string')),
      field('changed', 11, 'c6', struct(field('whole', 12, 'w', 'long'))),
    ];
    const folder = await mappedTable('name', fields, [
      {
        select: `SELECT i AS c1, CASE WHEN i = 0 THEN {x: i, y: {z: 'deep'}} END AS c2, [{e: i}, NULL] AS c3,
          MAP {'k': {m: i}} AS c4, ['plain'] AS c5, CASE WHEN i = 0 THEN {x: i} END AS c6 FROM range(2) t(i)`,
        stats: '{"numRecords":2,"minValues":{"c2":{"y":{"z":"deep"}}},"nullCount":{"c2":{"y":{"z":1}}}}',
      },
    ]);
    expect(
      await rowsOf(folder, 'SELECT id::INT AS id, "group", list, map, texts, changed FROM t ORDER BY id'),
    ).toEqual(
      [0, 1].map((id) => ({
        id,
        group: id === 0 ? { new: null, in: { 'Z z': 'deep' } } : null,
        list: [{ first: id }, null],
        map: [{ key: 'k', value: { of: id } }],
        texts: ['plain'],
        changed: id === 0 ? { whole: null } : null,
      })),
    );
    expect(await findingsOf(folder)).toEqual([]);
  });
});
