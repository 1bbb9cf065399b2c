import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type DataType, nullableField, type StructField } from '../../src/delta/schema.ts';
import { DuckDBInstance, quotedString } from '../../src/duckdb.ts';
import { fileStats } from '../../src/upkeep/file-stats.ts';
import { temporaryFolder } from '../support/program.ts';

async function statsOf(select: string, fields: readonly StructField[]) {
  const path = join(await temporaryFolder(), 'file.parquet');
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    await connection.run("SET TimeZone = 'UTC'");
    await connection.run(`COPY (${select}) TO ${quotedString(path)} (FORMAT parquet)`);
    return JSON.parse((await fileStats(connection, path, fields)).stats);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const struct = (fields: Readonly<Record<string, DataType>>): DataType => ({
  type: 'struct',
  fields: Object.entries(fields).map(([name, type]) => nullableField(name, type)),
});

describe('statistics of a file that was rewritten', () => {
  it('are nested as its columns are, a null group being null in each of its fields', async () => {
    const deep = struct({ time: 'timestamp', number: 'double' });
    const fields = [
      nullableField('id', 'long'),
      nullableField('group', struct({ count: 'long', "it's": 'string', deep })),
      nullableField('list', { type: 'array', elementType: 'long', containsNull: true }),
    ];
    const group = `{count: i, "it's": repeat('ü', 40) || i, deep: {"time": make_timestamptz(1700000000000001 + i), number: 'nan'::DOUBLE}}`;
    const select = `SELECT i AS id, CASE WHEN i > 1 THEN ${group} END AS "group", [i, NULL] AS list FROM range(4) r(i)`;
    expect(await statsOf(select, fields)).toEqual({
      numRecords: 4,
      minValues: {
        id: 0,
        group: { count: 2, "it's": 'ü'.repeat(32), deep: { time: '2023-11-14T22:13:20.000Z' } },
      },
      maxValues: {
        id: 3,
        group: {
          count: 3,
          "it's": `${'ü'.repeat(32)}\u{10ffff}`,
          deep: { time: '2023-11-14T22:13:20.001Z' },
        },
      },
      nullCount: { id: 0, group: { count: 2, "it's": 2, deep: { time: 2, number: 2 } }, list: 0 },
    });
  });

  it('are kept for the first 32 columns, of which each field of a group is one', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `f${index}`);
    const fields = [
      nullableField('id', 'long'),
      nullableField('group', struct(Object.fromEntries(names.map((name) => [name, 'long'])))),
      nullableField('last', 'long'),
    ];
    const group = names.map((name, index) => `${name}: ${index}`).join(', ');
    const { minValues, nullCount } = await statsOf(
      `SELECT 1 AS id, {${group}} AS "group", 1 AS last`,
      fields,
    );
    expect(Object.keys(nullCount)).toEqual(['id', 'group']);
    expect(Object.keys(nullCount.group)).toEqual(names.slice(0, 31));
    expect(minValues.group).toEqual(
      Object.fromEntries(names.slice(0, 31).map((name, index) => [name, index])),
    );
  });
});
