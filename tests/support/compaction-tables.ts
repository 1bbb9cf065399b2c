import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DuckDBInstance, quotedString } from '@duckdb/node-api';
import fc from 'fast-check';
import { DeltaTable } from '../../src/delta/delta-table.ts';
import { nullableField } from '../../src/delta/format/schema.ts';
import type { AddFile } from '../../src/delta/log/actions.ts';
import { LocalStore } from '../../src/delta/store/local-store.ts';
import { PARQUET_CHECKPOINTS } from '../../src/parquet/parquet-checkpoints.ts';
import type { CompactOptions } from '../../src/upkeep/compaction/compact-table.ts';

export const NOW_MS = Date.parse('2026-11-21T12:30:00Z');
export const OPTIONS: CompactOptions = {
  clusterBy: ['symbol', 'ts'],
  curve: 'none',
  targetBytes: 128 * 2 ** 20,
  memoryBytes: 256 * 2 ** 20,
  nowMs: NOW_MS,
  all: false,
  only: undefined,
  dryRun: false,
  signal: new AbortController().signal,
};

export interface Row {
  readonly symbol: string | null;
  readonly at: bigint | null;
  readonly x: number | null;
  readonly n: bigint | null;
}

export const COLUMNS = '{symbol: VARCHAR, ts: BIGINT, x: VARCHAR, n: BIGINT}';

/** A table with one file for each list of rows, all in one day. */
export async function tableOf(
  folder: string,
  files: readonly (readonly Row[])[],
  day: string,
  modifiedMs = NOW_MS - 3 * 3_600_000,
): Promise<DeltaTable> {
  const store = new LocalStore(folder);
  const table = await DeltaTable.openOrCreate(
    store,
    { checkpoints: PARQUET_CHECKPOINTS },
    {
      fields: [
        nullableField('symbol', 'string'),
        nullableField('ts', 'timestamp'),
        nullableField('x', 'double'),
        nullableField('n', 'long'),
        nullableField('date', 'date'),
      ],
      partitionColumns: ['date'],
      configuration: {},
    },
  );
  const adds: AddFile[] = [];
  for (const rows of files) {
    const path = `date=${day}/part-${adds.length}-${Math.random().toString(36).slice(2)}.parquet`;
    const size = await writeParquet(store.enginePath(path), rows);
    adds.push({ path, partitionValues: { date: day }, size, modificationTime: modifiedMs, dataChange: true });
  }
  await table.commit({ operation: 'WRITE', adds, reads: 'nothing' });
  return table;
}

export async function writeParquet(path: string, rows: readonly Row[]): Promise<number> {
  await mkdir(dirname(path), { recursive: true });
  const lines = rows.map(
    ({ symbol, at, x, n }) =>
      `{"symbol":${JSON.stringify(symbol)},"ts":${at},"x":${x === null ? null : JSON.stringify(String(x))},"n":${n}}`,
  );
  const { stat, writeFile } = await import('node:fs/promises');
  await writeFile(`${path}.json`, lines.join('\n'));
  await sql(
    `COPY (SELECT symbol, make_timestamptz(ts) AS ts, x::DOUBLE AS x, n FROM read_json(${quotedString(`${path}.json`)}, format = 'newline_delimited', columns = ${COLUMNS.replaceAll(/: (\w+)/g, ": '$1'")})) TO ${quotedString(path)} (FORMAT parquet)`,
  );
  await rm(`${path}.json`);
  return (await stat(path)).size;
}

export async function sql(text: string): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(text)).getRows();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

export async function rowsOf(table: DeltaTable): Promise<string[]> {
  const paths = [...table.snapshot.files.keys()].map((name) => quotedString(table.store.enginePath(name)));
  const rows = await sql(
    `SELECT symbol, epoch_us(ts)::VARCHAR, x::VARCHAR, n::VARCHAR FROM read_parquet([${paths.join()}], hive_partitioning = false)`,
  );
  return rows.map((row) => JSON.stringify(row)).sort();
}

export const rowArbitrary: fc.Arbitrary<Row> = fc.record({
  symbol: fc.option(
    fc.oneof(
      fc.constantFrom('BTCUSDT', '币安人生USDT', '', '\u{10ffff}'.repeat(40)),
      fc.string({ unit: 'grapheme', maxLength: 70 }),
    ),
  ),
  at: fc.option(fc.bigInt({ min: -2_208_988_800_000_000n, max: 250_000_000_000_000_000n })),
  x: fc.option(fc.oneof(fc.double(), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -0))),
  n: fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
});
