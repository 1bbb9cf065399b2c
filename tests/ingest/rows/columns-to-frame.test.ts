import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { columnsToFrame } from '../../../src/ingest/rows/columns-to-frame.ts';
import { TableBatch } from '../../../src/ingest/rows/table-batch.ts';
import { LAKE_TABLES } from '../../../src/lake/registry.ts';
import type { LakeTable } from '../../../src/lake/table.ts';
import type { Cell, Row } from '../../../src/sources/rows.ts';
import { T0_US } from '../../support/segment.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crypto-lake-frame-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Times come back as integer microseconds, since DuckDB is asked for them as such. */
async function throughParquet(table: LakeTable, rows: readonly Record<string, Cell>[]) {
  const batch = new TableBatch(table);
  for (const row of rows) batch.add(T0_US, row as Row<LakeTable>);
  const columns = batch.partitions[0]?.columns;
  if (columns === undefined) throw new Error('no rows');
  const path = join(folder, `${table.name}.parquet`);
  columnsToFrame(table, columns).writeParquet(path, { compression: 'zstd' });
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  try {
    const list = namesOf(table).map((name) =>
      table.columns[name] === 'timestamp' ? `epoch_us("${name}") AS "${name}"` : `"${name}"`,
    );
    const data = await connection.runAndReadAll(`SELECT ${list.join(', ')} FROM read_parquet('${path}')`);
    const schema = await connection.runAndReadAll(
      `SELECT name, type, logical_type FROM parquet_schema('${path}') WHERE num_children IS NULL OR num_children = 0`,
    );
    return { rows: data.getRowObjectsJS(), schema: schema.getRowObjectsJS() };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const namesOf = (table: LakeTable) =>
  Object.keys(table.columns).filter((name) => !table.partitionBy.includes(name));

function cellOf(type: string | undefined): fc.Arbitrary<Cell> {
  const safe = fc.maxSafeInteger();
  const value: fc.Arbitrary<Cell> =
    type === 'string'
      ? fc.oneof(
          fc.string({ unit: 'grapheme', maxLength: 20 }),
          fc.constantFrom('', '币安人生USDT', '\u0000\u001b[2J', '🦀'),
        )
      : type === 'double'
        ? fc.double({ noNaN: true })
        : type === 'boolean'
          ? fc.constantFrom(0, 1)
          : fc.oneof(
              safe,
              fc.constantFrom(-1, 0, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, T0_US + 1),
            );
  return fc.option(value, { freq: 4 });
}

/** Physical and logical type by the Delta protocol; a time without UTC or in milliseconds would be refused elsewhere. */
const PARQUET = {
  string: ['BYTE_ARRAY', /^StringType/],
  double: ['DOUBLE', /^null$/],
  boolean: ['BOOLEAN', /^null$/],
  long: ['INT64', /^(null|IntType.*isSigned=1.*)$/],
  timestamp: ['INT64', /^TimestampType\(isAdjustedToUTC=1.*MICROS=MicroSeconds/],
} as const;

describe.each(LAKE_TABLES)('the frame of $name', (table) => {
  const row = fc.record(
    Object.fromEntries(namesOf(table).map((name) => [name, cellOf(table.columns[name])])),
  );

  it('brings every value through Parquet as it was', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 30 }), async (rows) => {
        const stored = await throughParquet(table, rows);
        const plain = stored.rows.map((cells) =>
          Object.fromEntries(
            Object.entries(cells).map(([name, cell]) => [
              name,
              typeof cell === 'bigint' || typeof cell === 'boolean' ? Number(cell) : cell,
            ]),
          ),
        );
        expect(plain).toEqual(rows.map((cells) => ({ ...cells })));
      }),
      { numRuns: 25 },
    );
  });

  it('has exactly the types of the table, also when a column holds nothing', async () => {
    const nothing = Object.fromEntries(namesOf(table).map((name) => [name, null]));
    const { schema, rows } = await throughParquet(table, [nothing, nothing]);
    expect(rows).toEqual([nothing, nothing]);
    expect(schema.map(({ name }) => name)).toEqual(namesOf(table));
    for (const { name, type, logical_type } of schema) {
      const [physical, logical] = PARQUET[table.columns[String(name)] as keyof typeof PARQUET];
      expect(type, String(name)).toBe(physical);
      expect(String(logical_type), String(name)).toMatch(logical);
    }
  });
});
