import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DeltaTable } from '../../dist/delta/delta-table.js';
import { LocalStore } from '../../dist/delta/store/local-store.js';
import { LIQUIDATION_TABLE } from '../../dist/lake/tables/liquidation.js';
import { PARQUET_CHECKPOINTS } from '../../dist/parquet/parquet-checkpoints.js';
import { startSimulator } from '../../dist/simulator/start-simulator.js';
import { liveFiles } from '../data.js';
import { PROGRAM } from '../measure.js';

/** How long the rows of frames that were received may take to be committed. */
const STORING_MS = 120_000;
const STREAMS = '/market/stream?streams=!forceOrder@arr/btcusdt@markPrice@1s';

/**
 * Frames over a loopback WebSocket as fast as each side reads them, from a sender on the same cores, a commit a second.
 * They are received when a pong has come back from behind the last one, and committed when the table has all rows.
 */
export default {
  title:
    '4,000,000 frames over a loopback WebSocket as fast as they are read, a commit a second, the sender on the same cores',
  note: 'Ours has each frame synced in the spool within milliseconds; the peer has it in memory until its commit, which syncs nothing',
  goals: {
    'received, frames/s': '≥ 1 ×',
    'committed, frames/s': '≥ 1 ×',
    'frames lost': '≤ 0',
    'MiB, last quarter / second': '≤ 1.15',
  },
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
  const orders = smoke ? 50_000 : 4_000_000;
  const simulator = await startSimulator({ market: 'flood', maxOrders: orders });
  const child = start(simulator);
  const ended = new Promise((resolve) => child.on('close', resolve));
  const memory = [];
  const wait = async () => {
    if (child.exitCode !== null) throw new Error(`the collector ended with ${child.exitCode}`);
    memory.push(residentMiB(child.pid));
    await sleep(50);
  };
  try {
    while (simulator.sentFrames().distinct === 0) await wait();
    const started = performance.now();
    while (!simulator.stats().marketEnded) await wait();
    await simulator.confirm(60_000);
    const received = performance.now();
    const rowsNow = lake && rowCounter(lake);
    while (rowsNow && (await rowsNow()) < orders && performance.now() < received + STORING_MS) await wait();
    const stored = performance.now();
    child.kill('SIGTERM');
    await ended;
    const quarter = Math.ceil(memory.length / 4);
    const second = Math.max(...memory.slice(quarter, 2 * quarter));
    const last = Math.max(...memory.slice(-quarter));
    return {
      'received, frames/s': (orders / (received - started)) * 1000,
      ...(lake && {
        'committed, frames/s': (orders / (stored - started)) * 1000,
        'frames lost': orders - (await liveFiles(lake)).rows,
      }),
      'MiB, second quarter': second,
      'MiB, last quarter': last,
      'MiB, last quarter / second': last / second,
    };
  } finally {
    child.kill('SIGKILL');
    await simulator.close();
  }
}

/** Counts the rows that are committed so far; it only reads new commits, so that it costs the side little. */
function rowCounter(lake) {
  const store = new LocalStore(join(lake, LIQUIDATION_TABLE.name));
  let table;
  return async () => {
    if (table === undefined && (await store.listNames('_delta_log')).length === 0) return 0;
    table ??= await DeltaTable.open(store, { checkpoints: PARQUET_CHECKPOINTS });
    const { files } = await table.refresh();
    return [...files.values()].reduce((sum, { stats }) => sum + JSON.parse(stats).numRecords, 0);
  };
}

function residentMiB(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
}
