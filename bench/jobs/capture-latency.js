import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Spool } from '../../dist/spool/segments/spool.js';
import { commitTimes } from '../commit-times.js';
import { exchangeAt, listen } from '../listen.js';
import { PROGRAM } from '../measure.js';
import { simulatorThread } from '../simulator-thread.js';
import { quantile } from '../statistics.js';

const FLUSH_S = 2;

/** 1,000 orders a second on each of two sockets: from the socket to the disk, and from the socket to the table. */
export default {
  title: 'from receiving a frame to having it on the disk, and to finding it in the table (flush every 2 s)',
  goals: { 'durable p99, ms': '≤ 10', 'queryable p99, s': `≤ ${FLUSH_S + 1}` },
  rounds: 3,
  prepare: () => simulatorThread({ market: 'steady', framesPerSecond: 1000 }),
  async ours({ folder, smoke }, simulator, round) {
    const durableMs = await durableTimes(join(folder, `spool-${round}`), simulator, smoke ? 1500 : 15_000);
    const lake = join(folder, `lake-${round}`);
    const queryableS = await queryableTimes(lake, simulator, smoke ? 5000 : 20_000);
    return {
      'durable p50, ms': quantile(durableMs, 0.5),
      'durable p99, ms': quantile(durableMs, 0.99),
      'queryable p99, s': quantile(queryableS, 0.99),
    };
  },
  cleanUp: (_, simulator) => simulator.close(),
};

async function durableTimes(folder, { wsUrl }, lengthMs) {
  const spool = await Spool.open({ folder, floorSegment: 0, onStateChange: () => undefined });
  const times = [];
  const stop = await listen(wsUrl, {
    sockets: 2,
    onMessage: ({ connection, data: payload, receivedAtUs }) => {
      const startedMs = performance.now();
      void spool.append({ kind: 'frame', receivedAtUs, connection, payload }).then(() => {
        times.push(performance.now() - startedMs);
      });
    },
  });
  await sleep(lengthMs);
  await stop();
  await spool.close();
  return times;
}

/** A row can be queried when its file's commit is in the log. */
async function queryableTimes(lake, simulator, lengthMs) {
  const env = { ...process.env, ...exchangeAt(simulator), CRYPTO_LAKE_FLUSH: `${FLUSH_S}s` };
  const collector = spawn(process.execPath, [PROGRAM, 'liquidations', '--quiet', '--lake', lake], {
    env,
    stdio: 'inherit',
  });
  await sleep(lengthMs);
  collector.kill('SIGTERM');
  await new Promise((resolve) => collector.on('close', resolve));
  return commitTimes(lake, 'liquidation', 'received_at');
}
