/**
 * Increments of one minute: LAKE SYMBOLS MINUTES. `derive --follow` runs as its own process; minutes are committed here,
 * and the log of `indicators` is watched for what comes of them.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TableBatch } from '../../dist/ingest/rows/table-batch.js';
import { appendBatch } from '../../dist/ingest/write/append-batch.js';
import { openLakeTable } from '../../dist/lake/open-lake-table.js';
import { BARS_1M_TABLE } from '../../dist/lake/tables/bars-1m.js';
import { barWalk, DAY_US, MINUTE_US } from '../bars.js';
import { PROGRAM } from '../measure.js';
import { quantile } from '../statistics.js';

const [lake, symbols, minutes] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const nowUs = Math.floor((Date.now() * 1000) / MINUTE_US) * MINUTE_US;
/** Half of yesterday, and today until an hour and a half ago. */
const fromUs = Math.floor(nowUs / DAY_US) * DAY_US - DAY_US / 2;
const untilUs = Math.max(fromUs + 60 * MINUTE_US, nowUs - 90 * MINUTE_US);
const table = await openLakeTable(lake, BARS_1M_TABLE);
const next = barWalk(symbols);
let version = 0;

for (let from = fromUs; from < untilUs; from += 120 * MINUTE_US)
  await store(from, Math.min(untilUs, from + 120 * MINUTE_US));
const child = spawn(process.execPath, [PROGRAM, 'derive', '--follow', '--lake', lake], {
  stdio: ['ignore', 'ignore', 'pipe'],
});
process.on('exit', () => child.kill());
// What was there already is no increment, and the checks of all of it go on for seconds after their indicators are
// committed: the run is over when it says what it made.
await once(child.stderr, 'data', { signal: AbortSignal.timeout(300_000) });
child.stderr.resume();
let made = 0;
const times = [];
let memoryMiB = 0;
for (let minute = 0; minute < minutes; minute++) {
  await skip();
  await store(untilUs + minute * MINUTE_US, untilUs + (minute + 1) * MINUTE_US);
  const started = performance.now();
  await committed(10_000);
  times.push(performance.now() - started);
  await sleep(700);
}
memoryMiB = await residentMiB();
child.kill('SIGTERM');
await new Promise((resolve) => child.on('close', resolve));
console.log(
  JSON.stringify({
    'p50, ms': quantile(times, 0.5),
    'p99, ms': quantile(times, 0.99),
    'slowest, ms': Math.max(...times),
    'resident MiB': memoryMiB,
  }),
);

async function store(from, until) {
  const batch = new TableBatch(BARS_1M_TABLE);
  for (let index = 0; index < symbols; index++)
    for (let time = from; time < until; time += MINUTE_US) next(index, time, batch.begin(time));
  await appendBatch(table, batch, { appId: 'bench', version: ++version });
}

/** What was committed before is not what is waited for. */
async function skip() {
  while (existsSync(entry(made + 1))) made++;
}

async function committed(timeoutMs) {
  const untilMs = performance.now() + timeoutMs;
  while (!existsSync(entry(made + 1))) {
    if (performance.now() > untilMs) throw new Error('no indicators came');
    await sleep(1);
  }
  made++;
}

function entry(of) {
  return join(lake, 'indicators', '_delta_log', `${String(of).padStart(20, '0')}.json`);
}

async function residentMiB() {
  const { readFile } = await import('node:fs/promises');
  return Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
}
