import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSystemClock } from '../../dist/base/clock.js';
import { HostLimits } from '../../dist/network/http/host-limits.js';
import { RedundantFeed } from '../../dist/network/websocket/redundant-feed.js';
import { BINANCE } from '../../dist/sources/binance/venue.js';
import { sourceOf } from '../../dist/sources/registry.js';
import { Spool } from '../../dist/spool/segments/spool.js';
import { barExchange } from '../bar-exchange.js';
import { commitTimes } from '../commit-times.js';
import { PROGRAM } from '../measure.js';
import { quantile } from '../statistics.js';

const FLUSH_S = 10;
const SYMBOLS = 450;
const CLOSE_MS = 5000;
const TICKS_A_SECOND = 100;

/**
 * `bars` of 450 symbols of spot (a frame each 2 s) and of USD-M futures (each 250 ms), two sockets for each 300 of them:
 * what the capturing thread costs, its memory, and how long a closed bar is on its way to the disk and into the table.
 */
export default {
  title:
    'bars of 450 symbols on spot (each 2 s) and futures (each 250 ms), each on two sockets, all closed each 5 s',
  note: 'Closed bars come twelve times as often as in reality, 1,800 frames within a quarter of a second; flush every 10 s. To the disk: from the turn in which the frame was read to the end of the sync, with the product’s own sockets and spool in one thread',
  goals: {
    'main thread, % of a core': '≤ 25',
    'MiB, highest': '≤ 250',
    'durable p99, ms': '≤ 10',
    'queryable p99, s': `≤ ${FLUSH_S + 1}`,
  },
  rounds: 1,
  async ours({ folder, smoke }, _, round) {
    const names = Array.from({ length: smoke ? 20 : SYMBOLS }, (_, index) => `B${index}USDT`);
    const watched = ['spot', 'usdm'].flatMap((market) =>
      names.map((symbol) => ({ venue: 'binance', market, symbol })),
    );
    const exchange = await barExchange({ closeMs: CLOSE_MS });
    const addresses = { BINANCE_SPOT_WS_URL: `${exchange.url}/spot`, BINANCE_FUTURES_WS_URL: exchange.url };
    const lake = join(folder, `lake-${round}`);
    const load = await capture(addresses, lake, watched, smoke);
    const durable = await durableTimes(
      addresses,
      join(folder, `spool-${round}`),
      watched,
      smoke ? 6000 : 25_000,
    );
    const framesPerSecond = exchange.framesPerSecond();
    await exchange.close();
    const queryable = await commitTimes(lake, 'bars_1m', 'known_at');
    return {
      'main thread, % of a core': load.share * 100,
      'frames/s': framesPerSecond,
      'MiB, highest': load.peakMiB,
      'durable p50, ms': quantile(durable, 0.5),
      'durable p99, ms': quantile(durable, 0.99),
      'a sync alone p99, ms': quantile(await bareSyncs(folder), 0.99),
      'queryable p99, s': quantile(queryable, 0.99),
    };
  },
};

async function capture(addresses, lake, watched, smoke) {
  const symbols = watched.map(({ market, symbol }) => (market === 'spot' ? symbol : `${market}:${symbol}`));
  const env = {
    ...process.env,
    ...addresses,
    // Nobody answers there: what is measured is the stream.
    BINANCE_SPOT_REST_URL: 'http://127.0.0.1:9',
    BINANCE_FUTURES_REST_URL: 'http://127.0.0.1:9',
    BINANCE_COINM_REST_URL: 'http://127.0.0.1:9',
    CRYPTO_LAKE_FLUSH: `${FLUSH_S}s`,
    CRYPTO_LAKE_UPKEEP: 'off',
    LOG_LEVEL: 'error',
  };
  const args = [PROGRAM, 'bars', '--quiet', '--symbols', symbols.join(), '--lake', lake];
  const collector = spawn(process.execPath, args, { env, stdio: 'inherit' });
  const samples = [];
  const sampler = setInterval(() => samples.push(residentMiB(collector.pid)), 500);
  await sleep(smoke ? 2000 : 10_000);
  const before = mainThreadSeconds(collector.pid);
  const lengthS = smoke ? 4 : 40;
  await sleep(lengthS * 1000);
  const share = (mainThreadSeconds(collector.pid) - before) / lengthS;
  collector.kill('SIGTERM');
  await new Promise((resolve) => collector.on('close', resolve));
  clearInterval(sampler);
  return { share, peakMiB: Math.max(...samples) };
}

async function durableTimes(addresses, folder, watched, lengthMs) {
  const clock = createSystemClock();
  const { feed: spec } = sourceOf('bars');
  const spool = await Spool.open({ folder, floorSegment: 0, onStateChange: () => undefined });
  const store = { read: async () => ({}), save: async () => undefined };
  const hostLimits = await HostLimits.open({ store, clock, limits: BINANCE.limits });
  const stopping = new AbortController();
  const times = [];
  const feeds = spec.plan(addresses, { watched }).map((plan) => {
    const emit = (event) => {
      if (event.type !== 'message' || event.kind !== 'data') return;
      const { connection, data: payload, receivedAtUs } = event;
      const startedMs = performance.now();
      void spool.append({ kind: 'frame', receivedAtUs, connection, payload }).then(() => {
        times.push(performance.now() - startedMs);
      });
    };
    const feed = new RedundantFeed({
      spec,
      plan,
      sockets: 2,
      hostLimits,
      clock,
      unprovenAfterMs: 600_000,
      emit,
    });
    return feed.run(stopping.signal);
  });
  await sleep(lengthMs);
  stopping.abort();
  await Promise.all(feeds);
  await spool.close();
  return times;
}

/** What this disk takes for the bytes of some hundred frames, with nothing else to do: nothing is durable sooner. */
async function bareSyncs(folder) {
  const file = await open(join(folder, 'sync'), 'w');
  const bytes = Buffer.alloc(2 ** 17, 1);
  const times = [];
  for (let count = 0; count < 200; count++) {
    const startedMs = performance.now();
    await file.write(bytes);
    await file.datasync();
    times.push(performance.now() - startedMs);
    await sleep(20);
  }
  await file.close();
  return times;
}

/** Of the thread that reads sockets alone. */
function mainThreadSeconds(pid) {
  const stat = readFileSync(`/proc/${pid}/task/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}

function residentMiB(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
}
