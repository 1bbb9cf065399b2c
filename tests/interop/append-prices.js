/**
 * Appends numbered rows to a lake's `prices` through the program's own writers, one commit a batch:
 * LAKE FIRST_BATCH BATCHES ROWS [--without COLUMN,…]. Row n of all has `last_trade_id` n; each batch has a symbol of its
 * own. `--without` writes as an older version of the program did, that did not know these columns yet.
 */

import { TableBatch } from '../../dist/ingest/rows/table-batch.js';
import { appendBatch } from '../../dist/ingest/write/append-batch.js';
import { openLakeTable } from '../../dist/lake/open-lake-table.js';
import { PRICES_TABLE } from '../../dist/lake/tables/prices.js';

const [lake, first, batches, rows, flag, list] = process.argv.slice(2);
const unknown = new Set(flag === '--without' ? list.split(',') : []);
const columns = Object.fromEntries(
  Object.entries(PRICES_TABLE.columns).filter(([name]) => !unknown.has(name)),
);
const DAY_US = 86_400_000_000;
const START_US = Date.parse('2026-11-01T00:00:00Z') * 1000;

const table = await openLakeTable(lake, { ...PRICES_TABLE, columns });
let added = 0;
for (let batch = Number(first); batch < Number(first) + Number(batches); batch++) {
  const tableBatch = new TableBatch({ ...PRICES_TABLE, columns });
  for (let row = 0; row < Number(rows); row++) {
    const collectedAt = START_US + (batch % 2) * DAY_US + batch * 1_000_000 + row;
    tableBatch.add(collectedAt, {
      venue: 'binance',
      market: 'spot',
      symbol: `S${String(batch).padStart(4, '0')}USDT`,
      collected_at: collectedAt,
      last_price: batch + row / 1000,
      volume: batch * 0.1,
      trade_count: batch,
      last_trade_id: batch * Number(rows) + row,
      received_at: collectedAt + 7,
    });
  }
  added += await appendBatch(table, tableBatch, { appId: 'interop', version: batch + 1 });
}
process.stdout.write(`${added}\n`);
