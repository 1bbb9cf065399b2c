import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { LEAN_MEMORY } from '../../dist/base/lean-memory.js';
import { exchangeAt } from '../listen.js';
import { PROGRAM } from '../measure.js';
import { median } from '../statistics.js';

const HOURS = 6;
const SPEED = 24;
const SAMPLES_AN_HOUR = 360;
const FAST_CLOCK = fileURLToPath(new URL('../fast-clock.cjs', import.meta.url));
const EXCHANGE = fileURLToPath(new URL('../fast-exchange.js', import.meta.url));

/** Resident memory of `liquidations` for six hours of its own clock, at 200 frames a second on each of two sockets. */
export default {
  title: `the collector's resident memory over ${HOURS} hours, upkeep included, its clock ${SPEED} times as fast as the machine's: medians of an hour's samples`,
  goals: { 'last hour / 2nd': '≤ 1.03', 'MiB, highest': '≤ 200' },
  rounds: 1,
  async ours({ folder, smoke }) {
    const env = {
      ...process.env,
      // As `service install`, `up` and the image have it.
      ...LEAN_MEMORY,
      NODE_OPTIONS: `${LEAN_MEMORY.NODE_OPTIONS} --require ${FAST_CLOCK}`,
      BENCH_CLOCK_SPEED: String(SPEED),
      BENCH_CLOCK_ORIGIN: String(Date.now()),
    };
    const exchange = spawn(process.execPath, [EXCHANGE], {
      env,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const addresses = await new Promise((resolve) => exchange.once('message', resolve));
    const collector = spawn(process.execPath, [PROGRAM, 'liquidations', '--lake', join(folder, 'lake')], {
      env: { ...env, ...exchangeAt(addresses), CRYPTO_LAKE_UPKEEP: 'on', LOG_LEVEL: 'warn' },
      stdio: 'inherit',
    });
    const samples = [];
    for (let i = 0; i < HOURS * SAMPLES_AN_HOUR; i++) {
      await sleep(smoke ? 2 : 3_600_000 / SAMPLES_AN_HOUR / SPEED);
      samples.push(residentMiB(collector.pid));
    }
    collector.kill('SIGTERM');
    await new Promise((resolve) => collector.on('close', resolve));
    exchange.kill();
    const inHour = (n) => median(samples.slice((n - 1) * SAMPLES_AN_HOUR, n * SAMPLES_AN_HOUR));
    return {
      ...Object.fromEntries(
        Array.from({ length: HOURS }, (_, hour) => [`MiB, hour ${hour + 1}`, inHour(hour + 1)]),
      ),
      'MiB, highest': Math.max(...samples),
      'last hour / 2nd': inHour(HOURS) / inHour(2),
    };
  },
};

function residentMiB(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
}
