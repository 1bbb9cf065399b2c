/** A lake of polled prices that ends now, and goes on when asked. */

import { createSeededRandom } from '../dist/base/seeded-random.js';
import { TableBatch } from '../dist/ingest/rows/table-batch.js';
import { appendBatch } from '../dist/ingest/write/append-batch.js';
import { openLakeTable } from '../dist/lake/open-lake-table.js';
import { PRICES_TABLE } from '../dist/lake/tables/prices.js';

const MINUTE_US = 60_000_000;
/** As upkeep leaves a day behind: files of an hour. */
const FILE_MINUTES = 60;

/** @returns a function that stores the prices of this moment in a commit of their own. */
export async function pollPrices(lake, { symbols, minutes }) {
  const table = await openLakeTable(lake, PRICES_TABLE);
  const random = createSeededRandom(4);
  const prices = new Array(symbols).fill(100);
  let version = 0;
  const add = (batch, atUs) => {
    for (let symbol = 0; symbol < symbols; symbol++) {
      prices[symbol] = Math.round(prices[symbol] * (1 + (random.next() - 0.5) * 0.001) * 1e4) / 1e4;
      batch.add(atUs, {
        venue: 'binance',
        market: 'spot',
        symbol: `SYM${symbol}USDT`,
        collected_at: atUs,
        last_price: prices[symbol],
        volume: random.below(1e9) / 10,
        received_at: atUs + 150_000,
      });
    }
  };
  const store = (batch) => appendBatch(table, batch, { appId: 'bench', version: ++version });
  const endUs = Math.floor(Date.now() / 60_000) * MINUTE_US;
  for (let minute = minutes; minute > 0; minute -= FILE_MINUTES) {
    const batch = new TableBatch(PRICES_TABLE);
    for (let each = minute; each > Math.max(0, minute - FILE_MINUTES); each--)
      add(batch, endUs - each * MINUTE_US);
    await store(batch);
  }
  return async () => {
    const batch = new TableBatch(PRICES_TABLE);
    add(batch, Date.now() * 1000);
    await store(batch);
  };
}
