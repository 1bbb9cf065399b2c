/**
 * Tables to measure on, the same at every run: liquidations as a collector writes them, file after file in order of
 * time, by the product's own writers. A table is made once and cloned for each side and round.
 */
import { cpSync, existsSync, linkSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createSeededRandom } from '../dist/base/seeded-random.js';
import { DeltaTable } from '../dist/delta/delta-table.js';
import { LocalStore } from '../dist/delta/store/local-store.js';
import { TableBatch } from '../dist/ingest/rows/table-batch.js';
import { appendBatch } from '../dist/ingest/write/append-batch.js';
import { openLakeTable } from '../dist/lake/open-lake-table.js';
import { LIQUIDATION_TABLE } from '../dist/lake/tables/liquidation.js';
import { PARQUET_CHECKPOINTS } from '../dist/parquet/parquet-checkpoints.js';

const DAY_US = 86_400e6;
/** Two days that are over, so that compaction sorts them. */
export const CLOSED_US = Date.UTC(2026, 9, 5) * 1000;
/** Yesterday and today, in which it only merges. */
export const OPEN_US = (Math.floor((Date.now() * 1000) / DAY_US) - 1) * DAY_US;
const SYMBOLS = 500;

/** 10,000,000 rows in 400 files. */
export function tenMillion({ root, smoke }) {
  const size = smoke ? { files: 4, rows: 20_000 } : { files: 400, rows: 10e6 };
  return madeLake(join(root, 'ten-million'), { ...size, firstUs: CLOSED_US, days: 2 });
}

/** 2,000,000 rows in 2,000 files. */
export function smallFiles({ root, smoke }) {
  const size = smoke ? { files: 10, rows: 5000 } : { files: 2000, rows: 2e6 };
  return madeLake(join(root, 'small-files'), { ...size, firstUs: OPEN_US, days: 2 });
}

/** @returns the lake, made when no job has asked for it yet. */
export async function madeLake(lake, { files, rows, firstUs, days }) {
  if (existsSync(lake)) return lake;
  console.log(`  making ${rows.toLocaleString('en')} rows in ${files} files`);
  const table = await openLakeTable(lake, LIQUIDATION_TABLE);
  const random = createSeededRandom(1);
  const spanUs = (days * DAY_US) / files;
  for (let file = 0; file < files; file++) {
    const batch = new TableBatch(LIQUIDATION_TABLE);
    fill(batch, rows / files, firstUs + file * spanUs, spanUs, random);
    await appendBatch(table, batch, { appId: 'bench', version: file + 1 });
  }
  return lake;
}

/** Another lake with the same table: data files are linked, since no one changes them in place; the log is copied. */
export function cloneLake(lake, target) {
  const [from, to] = [join(lake, LIQUIDATION_TABLE.name), join(target, LIQUIDATION_TABLE.name)];
  cpSync(join(from, '_delta_log'), join(to, '_delta_log'), { recursive: true });
  for (const folder of readdirSync(from).filter((name) => name.startsWith('date='))) {
    mkdirSync(join(to, folder));
    for (const file of readdirSync(join(from, folder)))
      linkSync(join(from, folder, file), join(to, folder, file));
  }
  return target;
}

/** What the table holds now, from its log. */
export async function liveFiles(lake) {
  const store = new LocalStore(join(lake, LIQUIDATION_TABLE.name));
  const { snapshot } = await DeltaTable.open(store, { checkpoints: PARQUET_CHECKPOINTS });
  const adds = [...snapshot.files.values()];
  const sum = (amount) => adds.reduce((total, add) => total + amount(add), 0);
  return {
    files: adds.length,
    megabytes: sum(({ size }) => Number(size)) / 1e6,
    rows: sum(({ stats }) => JSON.parse(stats).numRecords),
  };
}

/** Orders of one minute, to be appended as often as one likes. */
export function orders(rows) {
  const batch = new TableBatch(LIQUIDATION_TABLE);
  fill(batch, rows, CLOSED_US, 60e6, createSeededRandom(1));
  return batch;
}

function fill(batch, rows, startUs, spanUs, random) {
  for (let index = 0; index < rows; index++) {
    const tradeMs = Math.floor((startUs + (index / rows) * spanUs) / 1000);
    // Few symbols have most of the orders.
    const symbol = Math.floor(SYMBOLS * random.next() ** 3);
    // Cheap contracts have prices of many decimals; a price wanders through the day, and trades lie a few ticks around it.
    const decimals = 7 - (symbol % 8);
    const wave = Math.sin((tradeMs / 86_400e3) * 2 * Math.PI * (1 + (symbol % 5)));
    const price = round(
      10 ** (4 - decimals) * (2 + 0.05 * wave) + random.below(20) / 10 ** decimals,
      decimals,
    );
    const quantity = (1 + random.below(999)) / 10 ** random.below(4);
    const filled = random.next() < 0.9 ? quantity : quantity / 2;
    const row = batch.begin(tradeMs * 1000);
    row.venue.push('binance');
    row.market.push('usdm');
    row.symbol.push(`SYM${symbol}USDT`);
    row.side.push(random.next() < 0.5 ? 'SELL' : 'BUY');
    row.order_type.push('LIMIT');
    row.time_in_force.push('IOC');
    row.status.push('FILLED');
    row.price.push(price);
    row.average_price.push(round(price + random.below(5) / 10 ** decimals, decimals));
    row.quantity.push(quantity);
    row.last_filled_quantity.push(filled);
    row.filled_quantity.push(filled);
    row.contract_size.push(null);
    row.notional.push(filled * price);
    row.trade_time.push(tradeMs * 1000);
    row.event_time.push((tradeMs + 1005) * 1000);
    row.received_at.push((tradeMs + 1010) * 1000 + Math.floor(random.next() * 1e6));
    row.connection.push(random.next() < 0.5 ? 'ws-1' : 'ws-2');
  }
}

function round(value, decimals) {
  return Math.round(value * 10 ** decimals) / 10 ** decimals;
}
