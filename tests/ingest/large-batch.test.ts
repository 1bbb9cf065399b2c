import { expect, it } from 'vitest';
import { readStats } from '../../src/delta/format/stats.ts';
import { TableBatch } from '../../src/ingest/rows/table-batch.ts';
import { appendBatch } from '../../src/ingest/write/append-batch.ts';
import { openLakeTable } from '../../src/lake/open-lake-table.ts';
import { PRICES_TABLE } from '../../src/lake/tables/prices.ts';
import { temporaryFolder } from '../support/program.ts';

const NOTHING = Object.fromEntries(
  Object.keys(PRICES_TABLE.columns)
    .filter((name) => name !== 'date')
    .map((name) => [name, null]),
) as unknown as Parameters<TableBatch<typeof PRICES_TABLE>['add']>[1];

it('a backlog of more rows than a row group of any table has is committed whole', async () => {
  const table = await openLakeTable(await temporaryFolder(), PRICES_TABLE);
  const batch = new TableBatch(PRICES_TABLE);
  const startUs = Date.UTC(2026, 10, 20) * 1000;
  for (let row = 0; row < 70_000; row++) {
    const collected_at = startUs + row * 1000;
    batch.add(collected_at, {
      ...NOTHING,
      ...{ venue: 'binance', market: 'spot', symbol: 'BTCUSDT', last_price: row },
      ...{ collected_at, received_at: collected_at },
    });
  }
  await appendBatch(table, batch, { appId: 'test', version: 1 });
  const counts = [...table.snapshot.files.values()].map((add) => Number(readStats(add).numRecords));
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(70_000);
});
