import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSimulator } from '../../dist/simulator/start-simulator.js';
import { PROGRAM } from '../measure.js';
import { median } from '../statistics.js';

const SAMPLES_A_MINUTE = 6;

/** Resident memory of `liquidations` for an hour at 200 frames a second on each of two sockets. */
export default {
  title: "the collector's resident memory over an hour, upkeep included: medians of a minute's samples",
  goals: { '60th minute / 10th': '≤ 1.15', 'MiB, highest': '≤ 200' },
  rounds: 1,
  async ours({ folder, smoke }) {
    const simulator = await startSimulator({ market: 'flood', framesPerSecond: 200 });
    const env = {
      ...process.env,
      CRYPTO_LAKE_FLUSH: '10s',
      CRYPTO_LAKE_UPKEEP_INTERVAL: '3m',
      LOG_LEVEL: 'warn',
    };
    for (const name of ['FUTURES_REST', 'COINM_REST', 'SPOT_REST'])
      env[`BINANCE_${name}_URL`] = simulator.restUrl;
    env.BINANCE_FUTURES_WS_URL = simulator.wsUrl;
    const collector = spawn(process.execPath, [PROGRAM, 'liquidations', '--lake', join(folder, 'lake')], {
      env,
      stdio: 'inherit',
    });
    const samples = [];
    for (let i = 0; i < 60 * SAMPLES_A_MINUTE; i++) {
      await sleep(smoke ? 20 : 60_000 / SAMPLES_A_MINUTE);
      samples.push(residentMiB(collector.pid));
    }
    collector.kill('SIGTERM');
    await new Promise((resolve) => collector.on('close', resolve));
    await simulator.close();
    const inMinute = (n) => median(samples.slice((n - 1) * SAMPLES_A_MINUTE, n * SAMPLES_A_MINUTE));
    return {
      'MiB, 1st minute': inMinute(1),
      'MiB, 10th minute': inMinute(10),
      'MiB, 30th minute': inMinute(30),
      'MiB, 60th minute': inMinute(60),
      'MiB, highest': Math.max(...samples),
      '60th minute / 10th': inMinute(60) / inMinute(10),
    };
  },
};

function residentMiB(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
}
