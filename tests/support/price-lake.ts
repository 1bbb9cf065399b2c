/** Lakes with polled prices of one symbol, a minute apart: a walk that leans back to where it came from. */

import { createSeededRandom } from '../../src/base/seeded-random.ts';
import { TableBatch } from '../../src/ingest/rows/table-batch.ts';
import { appendBatch } from '../../src/ingest/write/append-batch.ts';
import { openLakeTable } from '../../src/lake/open-lake-table.ts';
import { PRICES_TABLE } from '../../src/lake/tables/prices.ts';

export const MINUTE_US = 60_000_000;
/** 2026-11-01T00:00Z. */
export const START_US = Date.UTC(2026, 10, 1) * 1000;

/** One price a minute. @param skip minutes that nobody polled. */
export function walk(count: number, seed = 7): number[] {
  const draw = createSeededRandom(seed).next;
  const prices: number[] = [];
  let price = 60_000;
  for (let minute = 0; minute < count; minute++) {
    price += 0.05 * (60_000 - price) + (draw() + draw() + draw() - 1.5) * 80;
    prices.push(Math.round(price * 100) / 100);
  }
  return prices;
}

let version = 0;

export async function appendPrices(
  lake: string,
  prices: readonly (number | null)[],
  { startUs = START_US, symbol = 'BTCUSDT', receivedUs = undefined as number | undefined } = {},
): Promise<void> {
  const batch = new TableBatch(PRICES_TABLE);
  const nothing = Object.fromEntries(
    Object.keys(PRICES_TABLE.columns)
      .filter((name) => name !== 'date')
      .map((name) => [name, null]),
  );
  for (const [minute, price] of prices.entries()) {
    if (price === null) continue;
    const collectedUs = startUs + minute * MINUTE_US;
    batch.add(collectedUs, {
      ...nothing,
      venue: 'binance',
      market: 'spot',
      symbol,
      collected_at: collectedUs,
      last_price: price,
      received_at: receivedUs ?? collectedUs + 250_000,
    } as never);
  }
  const table = await openLakeTable(lake, PRICES_TABLE);
  await appendBatch(table, batch, { appId: 'test', version: ++version });
}
