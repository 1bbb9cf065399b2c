import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSimulator } from '../../dist/simulator/start-simulator.js';
import { PROGRAM } from '../measure.js';

/** Resident memory of `liquidations` at 200 frames a second on each of two sockets: after a minute, and after ten. */
export default {
  title: "the collector's resident memory, upkeep included",
  goals: { 'after 10 min / after 1 min': '≤ 1.2', 'MiB after 10 min': '≤ 200' },
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
    const minute = smoke ? 2000 : 60_000;
    await sleep(minute);
    const early = residentMiB(collector.pid);
    await sleep(minute * (smoke ? 1 : 9));
    const late = residentMiB(collector.pid);
    collector.kill('SIGTERM');
    await new Promise((resolve) => collector.on('close', resolve));
    await simulator.close();
    return { 'MiB after 1 min': early, 'MiB after 10 min': late, 'after 10 min / after 1 min': late / early };
  },
};

function residentMiB(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
}
