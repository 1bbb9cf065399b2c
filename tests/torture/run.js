/**
 * `npm run torture -- --minutes 10 [--seed 7]`: the real program against an exchange at 1,000 orders a second that
 * does everything wrong, killed and started again at random moments. `--kills 200`: nothing but kill -9, one after the
 * other, into starts, segments, commits, checkpoints, upkeep and recovery. `--full-disk` puts the lake on a small disk
 * that is full now and then. `bars` and `trades` run beside, with the same faults and kills. At the end the lake is
 * compared with what was really sent. Exit 1 when anything was lost or doubled, or coverage claims what was not heard.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createSystemClock } from '../../dist/base/clock.js';
import { createSeededRandom } from '../../dist/base/seeded-random.js';
import { startSimulator } from '../../dist/simulator/start-simulator.js';
import { BarsAndTrades } from './bars-and-trades.js';
import { Collector } from './collector.js';
import { planFaults, UNPROVEN_AFTER_MS } from './fault-plan.js';
import { judgeCoverage, judgeOrders } from './judge.js';
import { rowsOf, verify } from './lake.js';
import { SmallDisk } from './small-disk.js';
import { WriteProbe } from './write-probe.js';

/**
 * What was received longer before a SIGKILL must be stored. The spool hands frames to the system in milliseconds, also
 * while the disk syncs; on a busy machine everything waits, as the probe shows.
 */
const BOUND_MS = 20;
const boundMs = () => BOUND_MS + 2 * probe.slowestMs + (disk?.fullForMs ?? 0);
const PING_MS = 25;
const DRAIN_MS = 5 * 60_000;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    kills: { type: 'string' },
    seed: { type: 'string' },
    rate: { type: 'string', default: '1000' },
    'full-disk': { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    plan: { type: 'boolean', default: false },
  },
});
const kills = values.kills === undefined ? undefined : Number(values.kills);
const lengthMs = Number(values.minutes ?? 1) * 60_000;
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const random = createSeededRandom(seed);
const plan = kills === undefined ? planFaults(random, lengthMs) : [];
say(
  `seed ${seed}: ${kills === undefined ? `${values.minutes ?? 1} min, ${plan.length} faults` : `${kills} kills`}`,
);
if (values.plan) for (const fault of plan) say(JSON.stringify(fault));

const folder = mkdtempSync(join(tmpdir(), 'crypto-lake-torture-'));
const disk = values['full-disk']
  ? new SmallDisk(join(folder, 'disk'), createSeededRandom(seed + 1))
  : undefined;
const lake = join(folder, disk ? 'disk' : '.', 'lake');
const clock = createSystemClock();
const simulator = await startSimulator({
  market: 'steady',
  framesPerSecond: Number(values.rate),
  seed,
  pingIntervalMs: PING_MS,
  faults: plan,
  clock,
});
const probe = new WriteProbe(join(folder, 'probe'));
const timing = {
  CRYPTO_LAKE_FLUSH: '1s',
  // Longer than any resend of the plan; a start reads the files of so long.
  CRYPTO_LAKE_DUPLICATE_WINDOW: '60s',
  CRYPTO_LAKE_UNPROVEN_AFTER: `${UNPROVEN_AFTER_MS}ms`,
  CRYPTO_LAKE_UPKEEP_INTERVAL: '5s',
};
const others = await BarsAndTrades.open({ lake, folder, plan, clock, env: timing });
const rest = simulator.restUrl.replace('127.0.0.1', 'localhost');
const collector = new Collector({
  args: ['both', '--interval', '2', '--lake', lake],
  env: {
    BINANCE_FUTURES_WS_URL: simulator.wsUrl,
    // Another host than the sockets', as in reality: a ban of one does not bind the other.
    BINANCE_FUTURES_REST_URL: rest,
    BINANCE_COINM_REST_URL: rest,
    BINANCE_SPOT_REST_URL: rest,
    ...timing,
  },
  logFile: join(folder, 'collector.log'),
  nowMs: () => clock.nowUs() / 1000,
  boundMs,
});

const startedMs = performance.now();
start();
if (kills === undefined) await liveWithFaults();
else await killAgainAndAgain(kills);
await disk?.stop();
const failures = [...(await drain()), ...(await others.finish())];
const truth = simulator.truth();
await simulator.close();
await probe.stop();
await report(truth, failures);

function start() {
  collector.start();
  others.start();
}

async function live(ms) {
  await Promise.all([collector.live(ms), others.live(ms)]);
}

async function kill() {
  await Promise.all([collector.kill(), others.kill()]);
}

async function liveWithFaults() {
  for (;;) {
    const leftMs = lengthMs - (performance.now() - startedMs);
    if (leftMs <= 0) return;
    await live(Math.min(leftMs, 500 + random.next() ** 2 * 30_000));
    // How long liquidations have been silent does not outlive the process: a kill then would hide the silence.
    await live(Math.max(0, ...plan.map(silenceLeftMs)));
    if (random.next() < 0.25) await Promise.all([collector.stop(), others.stop()]);
    else await kill();
    await sleep(random.next() * 1000);
    start();
  }
}

/** 0 when liquidations are not silenced, nor soon will be. */
function silenceLeftMs({ fault, atMs, durationMs }) {
  const sinceMs = performance.now() - startedMs - atMs;
  return fault === 'liquidations-silent' && sinceMs > -5000 ? durationMs + 1000 - sinceMs : 0;
}

async function killAgainAndAgain(count) {
  for (let number = 1; number <= count; number++) {
    // Some are hit while they start or recover, most while they work.
    if (random.next() < 0.3) await live(random.next() * 1200);
    else {
      const dueMs = performance.now() + 15_000;
      while (simulator.stats().openConnections === 0 && performance.now() < dueMs) await live(20);
      await live(random.next() * 4000);
    }
    await kill();
    start();
    if (number % 20 === 0) say(`${number} kills, ${simulator.stats().distinctOrders} orders sent`);
  }
}

/** The market ends; what is in the spool goes into the tables. */
async function drain() {
  simulator.setFault({ fault: 'quiet-market' });
  const dueMs = performance.now() + DRAIN_MS;
  do await live(500);
  while ((simulator.stats().openConnections === 0 || segmentsLeft() > 2) && performance.now() < dueMs);
  await collector.live(2000);
  await simulator.confirm();
  await collector.stop();
  if (segmentsLeft() === 0) return collector.failures;
  return [...collector.failures, `${segmentsLeft()} segments are left in the spool`];
}

function segmentsLeft() {
  const names = ['liquidations', 'prices'].flatMap((source) => readdirSync(join(lake, '_spool', source)));
  return names.filter((name) => name.includes('.segment')).length;
}

async function report(truth, failures) {
  const orders = await judgeOrders({ lake, truth, kills: collector.kills });
  const coverage = await judgeCoverage({ lake, truth });
  const tables = await rowsOf(
    lake,
    "SELECT (SELECT count(*) FROM prices) AS prices, (SELECT count(*) FROM quarantine) AS quarantine, (SELECT count(*) FROM quarantine WHERE reason = 'damaged in the spool') AS damaged",
  );
  if (Number(tables[0].damaged) > 0) failures.push(`${tables[0].damaged} records were damaged in the spool`);
  for (const table of ['liquidation', 'prices', 'coverage', 'quarantine']) {
    const wrong = await verify(lake, table);
    if (wrong) failures.push(wrong);
  }
  if (orders.unknown > 0) failures.push(`${orders.unknown} stored orders were never sent`);
  for (const { fromMs, toMs } of coverage.falseClaims)
    failures.push(
      `coverage claims ${(toMs - fromMs).toFixed(0)} ms from ${new Date(fromMs).toISOString()} that nobody heard`,
    );
  const log = readdirSync(join(lake, 'liquidation', '_delta_log'));
  say(
    `${collector.kills.length} kills, ${collector.stops} stops, own endings [${collector.ownEndings}]; ${disk ? `${disk.fillings} fillings of the disk; ` : ''}` +
      `liquidation has ${log.filter((name) => name.endsWith('.json')).length} commits in its log and ${log.filter((name) => name.includes('checkpoint.parquet')).length} checkpoints; ` +
      `${tables[0].prices} prices, ${truth.malformed.length} malformed frames sent, ${tables[0].quarantine} rows in quarantine`,
  );
  say(
    `${orders.confirmed} of ${orders.sent} orders were certainly received; ${orders.unacknowledged} of them too shortly before a kill and not stored, ` +
      `the oldest sent ${orders.oldestLostMs.toFixed(1)} ms before it (the bound is ${BOUND_MS} ms and twice a probe's write: ${boundsOf(collector.kills)})`,
  );
  say(
    `coverage: ${coverage.bridgedSeconds.toFixed(1)} s of silence bridged (each at most 5 s), ${coverage.modestSeconds.toFixed(1)} s heard and not claimed`,
  );
  if (orders.lost > 0)
    say(
      `lost, sent at: ${timesOf(orders.lostAtMs)}; kills at: ${timesOf(collector.kills.map(({ atMs }) => atMs))}`,
    );
  say(`${await others.describe()}: complete, and the exchange's own, where nothing is said below`);
  for (const failure of failures) say(`FAILED: ${failure}`);
  const isGood = orders.lost === 0 && orders.doubled === 0 && failures.length === 0;
  const { holesReal, holesClaimed, falseClaims } = coverage;
  // Mounted, it would be in the way of deleting the folder.
  if (isGood && !values.keep) disk?.unmount();
  if (isGood && !values.keep) rmSync(folder, { recursive: true });
  else say(`the lake and the log are in ${folder}`);
  say(
    `${isGood ? 'PASSED' : 'FAILED'} seed ${seed}: ${orders.sent} frames sent while connected, ${orders.stored} stored, ${orders.lost} lost, ${orders.doubled} doubled; ` +
      `holes claimed ${holesClaimed.count} (${holesClaimed.seconds.toFixed(1)} s), real ${holesReal.count} (${holesReal.seconds.toFixed(1)} s), claimed listening and was not: ${falseClaims.length}`,
  );
  process.exitCode = isGood ? 0 : 1;
}

function boundsOf(kills) {
  const bounds = kills.map(({ boundMs }) => Math.round(boundMs)).sort((a, b) => a - b);
  return bounds.length === 0
    ? 'no kill'
    : `median ${bounds[bounds.length >> 1]} ms, at most ${bounds.at(-1)} ms`;
}

/** The seconds in which the times lie. */
function timesOf(listMs) {
  const seconds = listMs.map((ms) => new Date(ms).toISOString().slice(11, 22));
  return [...new Set(seconds)].slice(0, 50).join(' ');
}

function say(text) {
  process.stdout.write(`${text}\n`);
}
