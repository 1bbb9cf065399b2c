/**
 * `npm run torture:sources -- --kills 200 [--seed 7]`: the real `both --bars` against three venues and the bars of three
 * markets, killed with SIGKILL again and again; now and then a venue falls silent, every line is cut, or closing frames do
 * not come; with `--full-disk` the lake's disk is full now and then. At the end: no liquidation that certainly arrived is lost, none is there twice, and every closed minute of
 * every watched symbol is there once and exact. Exit 1 otherwise.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createSeededRandom } from '../../dist/base/seeded-random.js';
import { startExchanges } from '../../dist/simulator/start-exchanges.js';
import { Collector, PROGRAM } from './collector.js';
import { rowsOf, verify } from './lake.js';
import { SmallDisk } from './small-disk.js';
import { WriteProbe } from './write-probe.js';

const MINUTE_MS = 60_000;
/** What was received longer before a SIGKILL must be stored; on a busy machine everything waits, as the probe shows. */
const BOUND_MS = 20;
/** A pong of a killed collector may be read after the kill. */
const LATE_PONG_MS = 100;
const DRAIN_MS = 4 * MINUTE_MS;
const WATCHED = [
  ['spot', 'BTCUSDT'],
  ['spot', 'ETHUSDT'],
  ['usdm', 'BTCUSDT'],
  ['coinm', 'BTCUSD_PERP'],
];

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '50' },
    seed: { type: 'string' },
    'full-disk': { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});
const kills = Number(values.kills);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const random = createSeededRandom(seed);
say(`seed ${seed}: ${kills} kills`);

const folder = mkdtempSync(join(tmpdir(), 'crypto-lake-torture-'));
const disk = values['full-disk']
  ? new SmallDisk(join(folder, 'disk'), createSeededRandom(seed + 1))
  : undefined;
const lake = join(folder, disk ? 'disk' : '.', 'lake');
const fast = { pingIntervalMs: 25, canaryIntervalMs: 500 };
const exchanges = await startExchanges(
  { market: 'steady', framesPerSecond: 200, seed, ...fast },
  { messagesPerSecond: 50, ...fast },
);
const probe = new WriteProbe(join(folder, 'probe'));
const env = {
  ...exchanges.addresses,
  CRYPTO_LAKE_FLUSH: '1s',
  CRYPTO_LAKE_DUPLICATE_WINDOW: '60s',
  CRYPTO_LAKE_UPKEEP_INTERVAL: '10s',
};
const names = WATCHED.map(([market, symbol]) => (market === 'spot' ? symbol : `${market}:${symbol}`));
await new Promise((resolve) => {
  const args = [PROGRAM, 'symbols', 'add', ...names, '--lake', lake];
  spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: 'inherit' }).on('close', resolve);
});
const collector = new Collector({
  args: ['both', '--bars', '--venue', 'all', '--interval', '5', '--lake', lake],
  env,
  logFile: join(folder, 'collector.log'),
  nowMs: Date.now,
  boundMs: () => BOUND_MS + 2 * probe.slowestMs + (disk?.fullForMs ?? 0),
});

const firstMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
collector.start();
for (let kill = 1; kill <= kills; kill++) {
  if (random.next() < 0.3) await collector.live(random.next() * 1500);
  else {
    const dueMs = performance.now() + 20_000;
    while (exchanges.simulator.stats().openConnections < 8 && performance.now() < dueMs)
      await collector.live(20);
    await collector.live(random.next() * 4000);
  }
  await trouble();
  await collector.kill();
  collector.start();
  if (kill % 20 === 0) say(`${kill} kills, ${exchanges.sent().length} orders sent`);
}
await disk?.stop();
const lastMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
await collector.live(10_000);
const dueMs = performance.now() + DRAIN_MS;
while ((segmentsLeft() > 5 || (await missing()).length > 0) && performance.now() < dueMs)
  await collector.live(3000);
await exchanges.confirm();
await collector.stop();
const failures = [...collector.failures];
if (segmentsLeft() > 0) failures.push(`${segmentsLeft()} segments are left in the spool`);
await report();

/** Something that goes wrong at one of the venues for a moment. */
async function trouble() {
  const { simulator, venues } = exchanges;
  const dice = random.next();
  if (dice < 0.1) exchanges.cut();
  else if (dice < 0.2) {
    const all = Object.values(venues);
    const venue = all[random.below(all.length)];
    venue.setFault('silent');
    await collector.live(1000);
    venue.setFault(undefined);
  } else if (dice < 0.3) simulator.setFault({ fault: 'no-closing-frames' }, { durationMs: 5000 });
  else if (dice < 0.4)
    simulator.setFault(
      { fault: 'http-status', status: 429, on: 'rest', retryAfterSeconds: 1, path: '/api/v3/klines' },
      { durationMs: 2000 },
    );
}

function segmentsLeft() {
  const spool = join(lake, '_spool');
  return readdirSync(spool, { recursive: true }).filter((name) => String(name).includes('.segment')).length;
}

/** Minutes that are owed and not there, or not as the exchange has them. */
async function missing() {
  const rows = await rowsOf(
    lake,
    'SELECT market, symbol, epoch_ms(open_time) AS t, close, volume, trade_count FROM bars_1m',
  );
  const stored = new Map(rows.map((row) => [`${row.market} ${row.symbol} ${Number(row.t)}`, row]));
  const wrong = [];
  for (const [market, symbol] of WATCHED) {
    for (let openMs = firstMs; openMs < lastMs; openMs += MINUTE_MS) {
      const row = stored.get(`${market} ${symbol} ${openMs}`);
      const exact = exchanges.simulator.bar(market, symbol, openMs);
      const isThere =
        row?.close === Number(exact.close) &&
        row.volume === Number(exact.volume) &&
        row.trade_count === exact.tradeCount;
      if (!isThere) wrong.push(`${market} ${symbol} ${new Date(openMs).toISOString()}`);
    }
  }
  return wrong;
}

async function report() {
  const holes = await missing();
  for (const hole of holes.slice(0, 20)) say(`missing or wrong: ${hole}`);
  const [bars] = await rowsOf(
    lake,
    'SELECT count(*) AS n, count(DISTINCT (market, symbol, open_time)) AS d FROM bars_1m',
  );
  const columns =
    'venue, market, symbol, side, epoch_ms(trade_time) AS t, quantity, price, average_price, filled_quantity';
  const rows = await rowsOf(lake, `SELECT ${columns} FROM liquidation`);
  const keys = rows.map((row) =>
    [
      row.market,
      row.symbol,
      row.side,
      Number(row.t),
      row.quantity,
      row.price,
      row.average_price ?? '',
      row.filled_quantity ?? '',
    ].join('|'),
  );
  const stored = new Set(rows.map((row, index) => `${row.venue} ${keys[index]}`));
  const sent = exchanges.sent();
  let [lost, excused] = [0, 0];
  for (const { venue, key, confirmedAtMs } of sent) {
    if (confirmedAtMs.length === 0 || stored.has(`${venue} ${key}`)) continue;
    if (confirmedAtMs.every(isExcused)) excused++;
    else {
      lost++;
      const near = confirmedAtMs.map(
        (atMs) =>
          collector.kills
            .map((kill) => Math.round(kill.atMs - atMs))
            .sort((a, b) => Math.abs(a) - Math.abs(b))[0],
      );
      say(`lost: ${venue} ${key}, confirmed ${near.join(' and ')} ms before the kill that is nearest`);
    }
  }
  const doubled = rows.length - stored.size + Number(bars.n) - Number(bars.d);
  for (const table of ['liquidation', 'bars_1m', 'coverage']) {
    const wrong = await verify(lake, table);
    if (wrong) failures.push(wrong);
  }
  await exchanges.close();
  await probe.stop();
  for (const failure of failures) say(`FAILED: ${failure}`);
  const isGood = lost === 0 && doubled === 0 && holes.length === 0 && failures.length === 0;
  if (isGood && !values.keep) disk?.unmount();
  if (isGood && !values.keep) rmSync(folder, { recursive: true });
  else say(`the lake and the log are in ${folder}`);
  say(
    `${isGood ? 'PASSED' : 'FAILED'} seed ${seed}: ${collector.kills.length} kills; ${sent.length} orders of ${new Set(sent.map(({ venue }) => venue)).size} venues sent, ` +
      `${stored.size} stored, ${lost} lost (${excused} received too shortly before a kill), ${doubled} doubled; ` +
      `${(WATCHED.length * (lastMs - firstMs)) / MINUTE_MS} minutes of bars due, ${bars.n} stored, ${holes.length} missing or wrong`,
  );
  process.exitCode = isGood ? 0 : 1;
}

/** It may have been received so shortly before a kill that it was not on the disk. */
function isExcused(atMs) {
  return collector.kills.some((kill) => atMs > kill.atMs - kill.boundMs && atMs < kill.atMs + LATE_PONG_MS);
}

function say(text) {
  process.stdout.write(`${text}\n`);
}
