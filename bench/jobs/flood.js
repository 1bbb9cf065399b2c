import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSimulator } from '../../dist/simulator/start-simulator.js';
import { liveFiles } from '../data.js';
import { PROGRAM } from '../measure.js';

const STREAMS = '/market/stream?streams=!forceOrder@arr/btcusdt@markPrice@1s';

/**
 * Frames over a loopback WebSocket as fast as each side reads them, from a sender on the same cores, a commit a second.
 * The time ends when a pong has come back from behind the last frame; then the side is stopped and its rows are counted.
 */
export default {
  title:
    '2,000,000 frames over a loopback WebSocket as fast as they are read, a commit a second, the sender on the same cores',
  note: 'Ours has each frame synced in the spool within milliseconds; the peer has it in memory until its commit, which syncs nothing',
  goals: { 'frames/s': '≥ 1 ×', 'frames lost': '≤ 0', 'MiB, last quarter / second': '≤ 1.15' },
  ours(context, _, round) {
    const lake = join(context.folder, `ours-${round}`);
    return flooded(context, lake, (simulator) => {
      const env = { ...process.env, LOG_LEVEL: 'warn', CRYPTO_LAKE_FLUSH: '1s', CRYPTO_LAKE_UPKEEP: 'off' };
      for (const name of ['FUTURES_REST', 'COINM_REST']) env[`BINANCE_${name}_URL`] = simulator.restUrl;
      env.BINANCE_FUTURES_WS_URL = simulator.wsUrl;
      const args = [PROGRAM, 'liquidations', '--quiet', '--sockets', '1', '--lake', lake];
      return spawn(process.execPath, args, { env, stdio: 'inherit' });
    });
  },
  peers: {
    'websockets, polars, delta-rs': (context, _, round) => {
      const lake = join(context.folder, `peer-${round}`);
      const script = join(context.here, 'peers', 'flood.py');
      return flooded(context, lake, ({ wsUrl }) =>
        spawn(context.python, [script, wsUrl + STREAMS, join(lake, 'liquidation')], { stdio: 'inherit' }),
      );
    },
  },
  beside: {
    'receive and parse': (context) =>
      flooded(context, undefined, ({ wsUrl }) =>
        spawn(process.execPath, [join(context.here, 'ours', 'receive-only.js'), wsUrl + STREAMS], {
          stdio: 'inherit',
        }),
      ),
  },
};

async function flooded({ smoke }, lake, start) {
  const orders = smoke ? 50_000 : 2_000_000;
  const simulator = await startSimulator({ market: 'flood', maxOrders: orders });
  const child = start(simulator);
  const ended = new Promise((resolve) => child.on('close', resolve));
  const memory = [];
  try {
    while (simulator.sentFrames().distinct === 0) await running(child, 5);
    const started = performance.now();
    while (!simulator.stats().marketEnded) {
      memory.push(residentMiB(child.pid));
      await running(child, 50);
    }
    await simulator.confirm(60_000);
    const seconds = (performance.now() - started) / 1000;
    const stopped = performance.now();
    child.kill('SIGTERM');
    await ended;
    const quarter = Math.ceil(memory.length / 4);
    const [second, last] = [
      Math.max(...memory.slice(quarter, 2 * quarter + 1)),
      Math.max(...memory.slice(-quarter)),
    ];
    return {
      'frames/s': orders / seconds,
      'MiB, second quarter': second,
      'MiB, last quarter': last,
      'MiB, last quarter / second': last / second,
      ...(lake && {
        'frames lost': simulator.sentFrames().distinct - (await liveFiles(lake)).rows,
        'stop, s': (performance.now() - stopped) / 1000,
      }),
    };
  } finally {
    child.kill('SIGKILL');
    await simulator.close();
  }
}

async function running(child, ms) {
  if (child.exitCode !== null) throw new Error(`the collector ended with ${child.exitCode}`);
  await sleep(ms);
}

function residentMiB(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
}
