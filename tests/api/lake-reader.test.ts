import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { LAKE_TABLES } from '../../src/lake/registry.ts';
import { LakeReader } from '../../src/questions/lake-reader.ts';
import { parquetTable } from '../support/parquet-table.ts';
import { temporaryFolder } from '../support/program.ts';

async function smallFiles(count: number): Promise<LakeReader> {
  const lake = await temporaryFolder();
  const columns = LAKE_TABLES.find(({ name }) => name === 'liquidation')?.columns ?? {};
  const table = await parquetTable(join(lake, 'liquidation'), columns, {}, ['date']);
  for (let file = 0; file < count; file++)
    await table.add(`SELECT 'SYM${file}USDT' AS symbol, ${file}.5 AS notional`, {
      partitionValues: { date: '2026-11-20' },
    });
  const reader = await LakeReader.open({ lake, memoryBytes: 2 ** 28 });
  onTestFinished(() => reader.close());
  return reader;
}

it('keeps nothing in memory of the files that questions have read', async () => {
  const reader = await smallFiles(20);
  const lake = await reader.pin(['liquidation']);
  const signal = new AbortController().signal;
  const sql = 'SELECT count(*), sum(notional) FROM liquidation';
  const { columns } = await lake.query({ sql, scans: { liquidation: { kind: 'unknown' } }, signal });
  expect(columns).toEqual([[20n], [200]]);
  const held = await reader.use(signal, async (connection) =>
    connection.runAndReadAll('SELECT tag FROM duckdb_memory() WHERE memory_usage_bytes > 0'),
  );
  expect(held.getRows()).toEqual([]);
});

it('refuses a question whose time is over before it has a connection', async () => {
  const reader = await smallFiles(1);
  const lake = await reader.pin(['liquidation']);
  const query = { sql: 'SELECT 1', scans: {}, signal: AbortSignal.abort() };
  await expect(lake.query(query)).rejects.toMatchObject({ code: 'SERVER_BUSY' });
});
