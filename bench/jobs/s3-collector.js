import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSimulator } from '../../dist/simulator/start-simulator.js';
import { PROGRAM } from '../measure.js';
import { startS3 } from '../s3-server.js';
import { median } from '../statistics.js';

const MINUTES = 3;
/** Commits of an hour, made one after the other. */
const COMMITS = 60;
const COMMIT_MS = 2000;
/** List prices of AWS, US dollars a million: PUT and LIST, and GET. DELETE is free. */
const [PUT_PRICE, GET_PRICE] = [5, 0.4];

/**
 * `both --flush 60s` for some minutes into a lake on S3 and into one on a disk, at the same time, from the same exchange.
 * Then as many commits as an hour has, in two minutes, and the upkeep that is due each hour.
 */
export default {
  title: `\`both\` with \`--flush 60s\` for ${MINUTES} minutes on S3 (versitygw, 20 ms added to each request) beside the same on a disk, 50 orders a second on each of two sockets; then the upkeep of ${COMMITS} commits to each table`,
  note: 'A day is the counted minutes, and the counted upkeep, so often as a day has them; prices are those of a list, computed and not billed',
  goals: { 'MiB on S3 / on a disk': '≤ 1.15' },
  rounds: 1,
  async ours({ folder, smoke }) {
    const s3 = await startS3(join(folder, 's3'), 20);
    const simulator = await startSimulator({ market: 'steady', framesPerSecond: 50 });
    const exchange = {
      BINANCE_FUTURES_WS_URL: simulator.wsUrl,
      BINANCE_FUTURES_REST_URL: simulator.restUrl,
      BINANCE_COINM_REST_URL: simulator.restUrl,
      BINANCE_SPOT_REST_URL: simulator.restUrl,
      CRYPTO_LAKE_UPKEEP: 'off',
      LOG_LEVEL: 'warn',
    };
    const start = (lake, spool, env, ...flags) =>
      spawn(process.execPath, [PROGRAM, 'both', '--lake', lake, ...flags], {
        env: { ...env, ...exchange, CRYPTO_LAKE_SPOOL: spool, CRYPTO_LAKE_CACHE: join(folder, 'cache') },
        stdio: 'inherit',
      });
    const flush = ['--flush', smoke ? '1s' : '60s'];
    const onS3 = start('s3://lake/both', join(folder, 'spool'), s3.env, ...flush);
    const onDisk = start(join(folder, 'lake'), join(folder, 'lake', '_spool'), process.env, ...flush);
    const minuteMs = smoke ? 1000 : 60_000;
    // Tables are made, and the first segment is stored.
    await sleep(1.5 * minuteMs);
    await s3.counts();
    const samples = { onS3: [], onDisk: [] };
    for (let i = 0; i < MINUTES * 6; i++) {
      await sleep(minuteMs / 6);
      samples.onS3.push(residentMiB(onS3.pid));
      samples.onDisk.push(residentMiB(onDisk.pid));
    }
    const { puts, lists, gets } = await s3.counts();
    for (const collector of [onS3, onDisk]) await stop(collector);
    const step = `${COMMIT_MS / 1000}s`;
    const hour = start('s3://lake/hour', join(folder, 'hour'), s3.env, '--flush', step, '--interval', step);
    await sleep((smoke ? 1 : COMMITS) * COMMIT_MS);
    await stop(hour);
    await s3.counts();
    const upkeep = spawn(
      process.execPath,
      [PROGRAM, 'compact', '--all', '--lake', 's3://lake/hour', '--quiet'],
      {
        env: { ...s3.env, CRYPTO_LAKE_SPOOL: join(folder, 'hour'), CRYPTO_LAKE_CACHE: join(folder, 'cache') },
        stdio: 'inherit',
      },
    );
    await ended(upkeep);
    const ofUpkeep = await s3.counts();
    await simulator.close();
    s3.stop();
    const aDay = (count) => (count / MINUTES) * 1440;
    const [s3MiB, diskMiB] = [median(samples.onS3), median(samples.onDisk)];
    const dollars = (written, read) => (30 * (written * PUT_PRICE + read * GET_PRICE)) / 1e6;
    return {
      'PUT a day': aDay(puts),
      'LIST a day': aDay(lists),
      'GET a day': aDay(gets),
      '$ in 30 days': dollars(aDay(puts + lists), aDay(gets)),
      'PUT a day of upkeep': 24 * ofUpkeep.puts,
      'LIST a day of upkeep': 24 * ofUpkeep.lists,
      'GET a day of upkeep': 24 * ofUpkeep.gets,
      '$ in 30 days of upkeep': dollars(24 * (ofUpkeep.puts + ofUpkeep.lists), 24 * ofUpkeep.gets),
      'MiB on S3': s3MiB,
      'MiB on a disk': diskMiB,
      'MiB on S3 / on a disk': s3MiB / diskMiB,
    };
  },
};

async function stop(collector) {
  const end = ended(collector);
  collector.kill('SIGTERM');
  await end;
}

function ended(child) {
  return new Promise((resolve) => child.on('close', resolve));
}

function residentMiB(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
}
