/**
 * `node tests/torture/s3.js --minutes 10 [--shared] [--seed 7] [--rate 100]`: `liquidations` into a lake on a real S3 server
 * (versitygw, built by `npm run interop`), killed and started again at random moments, the store away for up to a minute at
 * a time. `--shared`: two of them with a spool each, one of which is killed at random; the other one goes on. At the end
 * the lake is compared with what was really sent. Exit 1 when anything was lost or doubled.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startS3 } from '../../bench/s3-server.js';
import { createSystemClock } from '../../dist/base/clock.js';
import { createSeededRandom } from '../../dist/base/seeded-random.js';
import { startSimulator } from '../../dist/simulator/start-simulator.js';
import { Collector } from './collector.js';
import { judgeCoverage, judgeOrders } from './judge.js';
import { rowsOf, verify } from './lake.js';
import { WriteProbe } from './write-probe.js';

const LAKE = 's3://lake/torture';
const LATENCY_MS = 20;
const LONGEST_AWAY_MS = 60_000;
const DRAIN_MS = 8 * 60_000;
const BOUND_MS = 20;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string' },
    rate: { type: 'string', default: '100' },
    shared: { type: 'boolean', default: false },
  },
});
const lengthMs = Number(values.minutes) * 60_000;
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const random = createSeededRandom(seed);
const folder = mkdtempSync(join(tmpdir(), 'crypto-lake-torture-s3-'));
// The server keeps what it knows of objects in attributes of their files, which memory may not have.
const bucket = mkdtempSync(new URL('../interop/.cache/s3-', import.meta.url).pathname);
const s3 = await startS3(bucket, LATENCY_MS);
Object.assign(process.env, s3.directEnv, {
  CRYPTO_LAKE_CACHE: join(folder, 'cache'),
  CRYPTO_LAKE_SPOOL: join(folder, 'spool-0'),
});
const clock = createSystemClock();
const simulator = await startSimulator({
  market: 'steady',
  framesPerSecond: Number(values.rate),
  seed,
  pingIntervalMs: 25,
  clock,
});
const probe = new WriteProbe(join(folder, 'probe'));
const spools = (values.shared ? [0, 1] : [0]).map((number) => join(folder, `spool-${number}`));
const collectors = spools.map((spool, number) => {
  mkdirSync(spool);
  return new Collector({
    args: ['liquidations', ...(values.shared ? ['--shared'] : []), '--lake', LAKE],
    env: {
      ...s3.env,
      BINANCE_FUTURES_WS_URL: simulator.wsUrl,
      BINANCE_FUTURES_REST_URL: simulator.restUrl,
      BINANCE_COINM_REST_URL: simulator.restUrl,
      BINANCE_SPOT_REST_URL: simulator.restUrl,
      CRYPTO_LAKE_SPOOL: spool,
      CRYPTO_LAKE_CACHE: join(folder, `cache-${number}`),
      CRYPTO_LAKE_FLUSH: '2s',
      CRYPTO_LAKE_UPKEEP_INTERVAL: '30s',
    },
    logFile: join(folder, `collector-${number}.log`),
    nowMs: () => clock.nowUs() / 1000,
    boundMs: () => BOUND_MS + 2 * probe.slowestMs,
  });
});
say(`seed ${seed}: ${values.minutes} min, ${collectors.length} collectors, ${values.rate} orders a second`);

let away = 0;
const ended = new AbortController();
for (const collector of collectors) collector.start();
const outages = loseTheStore();
const endMs = performance.now() + lengthMs;
const last = collectors.at(-1);
await Promise.all(
  collectors.map((collector) => (collector === last ? killAtRandom(collector) : liveUntilEnd(collector))),
);
ended.abort();
await outages;
await s3.setAway(false);
simulator.setFault({ fault: 'quiet-market' });
const failures = await drain();
const truth = simulator.truth();
await simulator.close();
await probe.stop();
await report();

async function liveUntilEnd(collector) {
  await collector.live(endMs - performance.now());
}

async function killAtRandom(collector) {
  for (;;) {
    const leftMs = endMs - performance.now();
    if (leftMs <= 0) return;
    await collector.live(Math.min(leftMs, 500 + random.next() ** 2 * 30_000));
    if (random.next() < 0.2) await collector.stop();
    else await collector.kill();
    await sleep(random.next() * 2000);
    collector.start();
  }
}

/** Away for seconds mostly, and for a minute now and then. */
async function loseTheStore() {
  const pause = (ms) => sleep(ms, undefined, { signal: ended.signal }).catch(() => undefined);
  while (!ended.signal.aborted) {
    await pause(10_000 + random.next() * 40_000);
    if (ended.signal.aborted) return;
    away++;
    await s3.setAway(true);
    await pause(random.next() < 0.4 ? LONGEST_AWAY_MS : random.next() * 10_000);
    await s3.setAway(false);
  }
}

/** What is in the spools goes into the tables. */
async function drain() {
  const dueMs = performance.now() + DRAIN_MS;
  do await Promise.all(collectors.map((collector) => collector.live(500)));
  while (
    (simulator.stats().openConnections === 0 || segmentsLeft() > 2 * spools.length) &&
    performance.now() < dueMs
  );
  await Promise.all(collectors.map((collector) => collector.live(6000)));
  await simulator.confirm();
  for (const collector of collectors) await collector.stop();
  const found = collectors.flatMap((collector) => collector.failures);
  return segmentsLeft() === 0 ? found : [...found, `${segmentsLeft()} segments are left in the spool`];
}

function segmentsLeft() {
  const names = spools.flatMap((spool) => readdirSync(join(spool, 'liquidations')));
  return names.filter((name) => name.includes('.segment')).length;
}

async function report() {
  const kills = collectors.flatMap((collector) => collector.kills);
  // `prices` is a table that the judge looks at.
  const orders = await judgeOrders({
    lake: LAKE,
    truth,
    kills: values.shared ? [] : kills,
    tables: ['liquidation', 'coverage', 'quarantine'],
  });
  const coverage = await judgeCoverage({ lake: LAKE, truth });
  for (const table of ['liquidation', 'coverage']) {
    const wrong = await verify(LAKE, table);
    if (wrong) failures.push(wrong);
  }
  const [missed] = await rowsOf(LAKE, 'SELECT coalesce(sum(missed), 0) AS n FROM coverage');
  if (orders.unknown > 0) failures.push(`${orders.unknown} stored orders were never sent`);
  for (const { fromMs, toMs } of coverage.falseClaims)
    failures.push(
      `coverage claims ${(toMs - fromMs).toFixed(0)} ms from ${new Date(fromMs).toISOString()} that nobody heard`,
    );
  for (const failure of failures) say(`FAILED: ${failure}`);
  const isGood = orders.lost === 0 && orders.doubled === 0 && failures.length === 0;
  s3.stop();
  rmSync(bucket, { recursive: true, force: true });
  if (isGood) rmSync(folder, { recursive: true });
  else
    say(
      `logs and spools are in ${folder}; not stored, sent at ${orders.lostAtMs.slice(0, 20).map((ms) => new Date(ms).toISOString())}`,
    );
  say(
    `${isGood ? 'PASSED' : 'FAILED'} seed ${seed}: ${kills.length} kills, the store was away ${away} times; ${orders.sent} orders sent, ${orders.confirmed} certainly received, ` +
      `${orders.stored} stored, ${orders.lost} lost, ${orders.doubled} doubled, ${orders.unacknowledged} too shortly before a kill; missed ${missed.n}; ` +
      `holes claimed ${coverage.holesClaimed.count} (${coverage.holesClaimed.seconds.toFixed(1)} s), real ${coverage.holesReal.count} (${coverage.holesReal.seconds.toFixed(1)} s)`,
  );
  process.exit(isGood ? 0 : 1);
}

function say(text) {
  process.stdout.write(`${text}\n`);
}
