/**
 * A year of prices in fast motion: LAKE [smoke]. The clock is moved; append, compaction, checkpoints, clean-up and vacuum
 * are the product's own, each at its moved time. Days from which nothing is left in the log when it is looked at have
 * fewer commits (SPARSE): their rows are fewer, the number of their files after compaction is the same.
 */
import { mkdirSync, readdirSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { createSeededRandom } from '../../dist/base/seeded-random.js';
import { writeCheckpoint } from '../../dist/delta/checkpoint/write-checkpoint.js';
import { DeltaTable } from '../../dist/delta/delta-table.js';
import { nullableField } from '../../dist/delta/format/schema.js';
import { cleanUpLog } from '../../dist/delta/maintenance/log-cleanup.js';
import { vacuumTable } from '../../dist/delta/maintenance/vacuum.js';
import { LocalStore } from '../../dist/delta/store/local-store.js';
import { TableBatch } from '../../dist/ingest/rows/table-batch.js';
import { appendBatch } from '../../dist/ingest/write/append-batch.js';
import { TABLE_PROPERTIES } from '../../dist/lake/open-lake-table.js';
import { PRICES_TABLE } from '../../dist/lake/tables/prices.js';
import { PARQUET_CHECKPOINTS } from '../../dist/parquet/parquet-checkpoints.js';
import { compactTable } from '../../dist/upkeep/compaction/compact-table.js';
import { measure, PROGRAM } from '../measure.js';
import { clock, DAY_MS, isFull } from '../moved-clock.js';
import { median } from '../statistics.js';

const [lake, isSmoke] = process.argv.slice(2);
const LOOKED_AT = isSmoke ? [1, 3] : [1, 30, 365];
const FULL_DAYS_BEFORE = isSmoke ? 1 : undefined;
const FULL = isSmoke ? 24 : 1440;
const SPARSE = 4;
const SYMBOLS = 450;

/** The log is judged by the times of its files. */
class MovedStore extends LocalStore {
  async putIfAbsent(name, bytes) {
    const outcome = await super.putIfAbsent(name, bytes);
    this.#date(name);
    return outcome;
  }

  async put(name, bytes) {
    await super.put(name, bytes);
    this.#date(name);
  }

  #date(name) {
    utimesSync(join(this.location, name), clock.nowMs / 1000, clock.nowMs / 1000);
  }
}

const random = createSeededRandom(3);
const prices = Array.from({ length: SYMBOLS }, (_, index) => 10 ** ((index % 8) - 3));
mkdirSync(lake, { recursive: true });
const store = new MovedStore(join(lake, PRICES_TABLE.name));
const fields = Object.entries(PRICES_TABLE.columns).map(([name, type]) => nullableField(name, type));
const definition = { fields, partitionColumns: PRICES_TABLE.partitionBy, configuration: TABLE_PROPERTIES };
const table = await DeltaTable.openOrCreate(store, { checkpoints: PARQUET_CHECKPOINTS }, definition);
const figures = {};
let version = 0;
for (let day = 1; day <= LOOKED_AT.at(-1); day++) {
  const isWhole = isFull(day, LOOKED_AT, FULL_DAYS_BEFORE);
  const commits = isWhole ? FULL : SPARSE;
  for (let commit = 0; commit < commits; commit++) {
    clock.moveTo(day, commit / commits);
    // On the hour, for what came before it; a sparse day has nothing to merge and waits for its end.
    if (isWhole && commit > 0 && commit % (commits / 24) === 0) await upkeep();
    await appendBatch(table, poll(clock.nowMs * 1000), { appId: 'bench', version: ++version });
  }
  clock.moveTo(day + 1);
  clock.nowMs--;
  await upkeep();
  if (LOOKED_AT.includes(day)) await look(day);
  if (day % 10 === 0) process.stderr.write(`  day ${day}\n`);
}
const [before, last] = LOOKED_AT.slice(-2);
const grown = (name) => figures[`day ${last}: ${name}`] / figures[`day ${before}: ${name}`];
figures['log entries, last / before'] = grown('log entries');
figures['snapshot load, last / before'] = grown('snapshot load, ms');
console.log(JSON.stringify(figures));

/** What `crypto-lake compact` does, at the moved time. */
async function upkeep() {
  const kept = await DeltaTable.open(store, { checkpoints: PARQUET_CHECKPOINTS });
  const { failed } = await compactTable(kept, {
    clusterBy: PRICES_TABLE.clusterBy,
    curve: 'none',
    targetBytes: 128e6,
    memoryBytes: 512e6,
    nowMs: clock.nowMs,
    all: false,
    only: undefined,
    dryRun: false,
    signal: new AbortController().signal,
  });
  if (failed.length > 0) throw failed[0].error;
  await writeCheckpoint(kept, { nowMs: clock.nowMs });
  await cleanUpLog(kept, clock.nowMs);
  await vacuumTable(kept, { nowMs: clock.nowMs, dryRun: false });
}

async function look(day) {
  const { snapshot } = await DeltaTable.open(store, { checkpoints: PARQUET_CHECKPOINTS });
  const times = [];
  for (let run = 0; run < 6; run++) {
    const started = performance.now();
    await DeltaTable.open(store, { checkpoints: PARQUET_CHECKPOINTS });
    times.push(performance.now() - started);
  }
  const since = new Date(clock.nowMs - 3_600_000).toISOString();
  const sql = `SELECT count(*), avg(last_price) FROM prices WHERE symbol = 'SYM7USDT' AND collected_at >= TIMESTAMPTZ '${since}'`;
  const query = await measure(process.execPath, [PROGRAM, 'read', '--lake', lake, '--sql', sql]);
  const adds = [...snapshot.files.values()];
  const bytesOf = (sizes) => sizes.reduce((sum, size) => sum + Number(size), 0) / 1e6;
  Object.assign(figures, {
    [`day ${day}: live files`]: adds.length,
    [`day ${day}: live MB`]: bytesOf(adds.map(({ size }) => size)),
    [`day ${day}: MB on disk`]: bytesOf(allFiles(store.location).map((file) => statSync(file).size)),
    [`day ${day}: log entries`]: readdirSync(join(store.location, '_delta_log')).length,
    [`day ${day}: snapshot load, ms`]: median(times.slice(1)),
    [`day ${day}: last hour of a symbol, cold s`]: query.seconds,
  });
}

function allFiles(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

/** One answer of the exchange: every symbol once. */
function poll(atUs) {
  const batch = new TableBatch(PRICES_TABLE);
  for (let index = 0; index < SYMBOLS; index++) {
    const price = round(prices[index] * (1 + (random.next() - 0.5) * 0.001), index);
    prices[index] = price;
    batch.add(atUs, {
      venue: 'binance',
      market: 'spot',
      symbol: `SYM${index}USDT`,
      collected_at: atUs,
      last_price: price,
      open_price: round(price * 0.99, index),
      high_price: round(price * 1.02, index),
      low_price: round(price * 0.97, index),
      bid_price: price,
      bid_quantity: random.below(1e6) / 100,
      ask_price: price,
      ask_quantity: random.below(1e6) / 100,
      previous_close_price: round(price * 0.99, index),
      price_change: round(price * 0.01, index),
      price_change_percent: random.below(2000) / 100,
      weighted_average_price: round(price * 1.001, index),
      volume: random.below(1e9) / 10,
      quote_volume: random.below(1e9) / 10,
      trade_count: random.below(1e6),
      open_time: atUs - DAY_MS * 1000,
      close_time: atUs,
      first_trade_id: 1e9 + version * 100,
      last_trade_id: 1e9 + version * 100 + random.below(1e5),
      received_at: atUs + 150_000 + random.below(1000),
    });
  }
  return batch;
}

/** Seven significant digits or so, as an exchange prints them. */
function round(value, index) {
  const decimals = 9 - (index % 8);
  return Math.round(value * 10 ** decimals) / 10 ** decimals;
}
