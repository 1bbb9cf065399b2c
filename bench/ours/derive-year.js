/**
 * A year of increments of `derive` in fast motion, with upkeep in a process beside it: LAKE [smoke | BEFORE LAST]. It is looked at on two days, 30 and 365 when
 * none are given. The clock is moved; the state that runs share, commits,
 * compaction, checkpoints, clean-up and vacuum are the product's own, each at its moved time.
 */
import { fork } from 'node:child_process';
import { readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadConfig } from '../../dist/config/load-config.js';
import { deriveOnce } from '../../dist/derive/derive-lake.js';
import { DeriveRun } from '../../dist/derive/derive-run.js';
import { DeriveState } from '../../dist/derive/derive-state.js';
import { TableBatch } from '../../dist/ingest/rows/table-batch.js';
import { appendBatch } from '../../dist/ingest/write/append-batch.js';
import { openLakeTable } from '../../dist/lake/open-lake-table.js';
import { openTable } from '../../dist/lake/open-table.js';
import { BARS_1M_TABLE } from '../../dist/lake/tables/bars-1m.js';
import { barWalk, watch } from '../bars.js';
import { clock, DAY_MS, isFull, MINUTE_MS } from '../moved-clock.js';
import { mean, median } from '../statistics.js';

const [lake, ...how] = process.argv.slice(2);
const isSmoke = how[0] === 'smoke';
const LOOKED_AT = isSmoke ? [1, 2] : how.length === 2 ? how.map(Number) : [30, 365];
/** Of the log and of memory, a mean is looked at: at 12 increments a day each table has a checkpoint in so many days. */
const LOOKED_DAYS = isSmoke ? 1 : 8;
/** A log is kept for 7 days, and back to a checkpoint, which is at most 6 such days older. */
const FULL_DAYS_BEFORE = isSmoke ? 1 : LOOKED_DAYS + 7 + 6;
/** Increments of such a day. */
const FULL = isSmoke ? 2 : 12;
/** The others are taken in together, so many at once. */
const SPARSE_DAYS = 5;
const SYMBOLS = 3;
const MEMORY_BYTES = 512e6;
const dated = new Set();

const thresholds = loadConfig({ flags: { lake }, env: {}, dotenvPath: join(lake, '.env') }).config;
await watch(lake, SYMBOLS, 1);
const table = await openLakeTable(lake, BARS_1M_TABLE);
const next = barWalk(SYMBOLS);
const state = await DeriveState.open({ memoryBytes: MEMORY_BYTES }, true);
const keeper = fork(fileURLToPath(new URL('upkeep-at.js', import.meta.url)), [lake]);
const figures = {};
const looks = [];
/** At the end of the newest days. */
const logEntries = [];
const residentMiB = [];
let version = 0;
let waitingMs = 0;
for (let day = 1; day <= LOOKED_AT.at(-1); day++) {
  const isWhole = isFull(day, LOOKED_AT, FULL_DAYS_BEFORE);
  waitingMs += DAY_MS;
  const isWholeNext = isFull(day + 1, LOOKED_AT, FULL_DAYS_BEFORE);
  if (!isWhole && !isWholeNext && day % SPARSE_DAYS > 0) continue;
  const increments = isWhole ? FULL : 1;
  const times = [];
  for (let increment = 0; increment < increments; increment++) times.push(await goOn(waitingMs / increments));
  waitingMs = 0;
  await upkeep();
  keepNewest(
    logEntries,
    tableNames()
      .map(logOf)
      .reduce((sum, log) => sum + readdirSync(log).length, 0),
  );
  keepNewest(residentMiB, process.memoryUsage.rss() / 2 ** 20);
  if (LOOKED_AT.includes(day)) await look(day, median(times));
  if (day % 10 === 0) process.stderr.write(`  day ${day}\n`);
}
await state.close();
keeper.disconnect();
const [before, last] = looks;
for (const name of Object.keys(last)) figures[`${name}, last / before`] = last[name] / before[name];
console.log(JSON.stringify(figures));

/** Bars of a span, and what is made of them. @returns milliseconds from the commit of the bars on. */
async function goOn(spanMs) {
  const batch = new TableBatch(BARS_1M_TABLE);
  for (let index = 0; index < SYMBOLS; index++)
    for (let ms = clock.nowMs; ms < clock.nowMs + spanMs; ms += MINUTE_MS)
      next(index, ms * 1000, batch.begin(ms * 1000));
  clock.nowMs += spanMs;
  await appendBatch(table, batch, { appId: 'bench', version: ++version });
  const started = performance.now();
  const options = { lake, memoryBytes: MEMORY_BYTES, nowMs: clock.nowMs, thresholds };
  await deriveOnce(new DeriveRun(options, state));
  const tookMs = performance.now() - started;
  dateLogs();
  return tookMs;
}

/** What `crypto-lake compact` does, at the moved time, in a process beside this one. */
async function upkeep() {
  const answered = new Promise((resolve, reject) => {
    keeper.once('message', resolve).once('exit', (code) => reject(new Error(`upkeep ended with ${code}`)));
  });
  keeper.send(clock.nowMs);
  await answered;
  keeper.removeAllListeners();
  dateLogs();
}

/** A log is judged by the times of its files. */
function dateLogs() {
  for (const name of tableNames()) {
    const log = logOf(name);
    for (const entry of readdirSync(log)) {
      const file = join(log, entry);
      if (dated.has(file) || entry === '_last_checkpoint') continue;
      utimesSync(file, clock.nowMs / 1000, clock.nowMs / 1000);
      dated.add(file);
    }
  }
}

async function look(day, incrementMs) {
  let [files, partitions] = [0, 0];
  for (const name of tableNames()) {
    const { snapshot } = await openTable(join(lake, name));
    const adds = [...snapshot.files.values()];
    files += adds.length;
    partitions += new Set(adds.map(({ partitionValues }) => JSON.stringify(partitionValues))).size;
  }
  const looked = {
    'files a partition': files / partitions,
    'log entries': mean(logEntries),
    'an increment': incrementMs,
    'resident MiB': mean(residentMiB),
  };
  looks.push(looked);
  for (const [name, value] of Object.entries({ ...looked, 'live files': files }))
    figures[`day ${day}: ${name}${name === 'an increment' ? ', ms' : ''}`] = value;
}

function keepNewest(values, value) {
  values.push(value);
  if (values.length > LOOKED_DAYS) values.shift();
}

function logOf(name) {
  return join(lake, name, '_delta_log');
}

function tableNames() {
  return readdirSync(lake).filter((name) => !name.startsWith('.') && !name.startsWith('_'));
}
