import { execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { measure, PROGRAM } from '../measure.js';
import { pollPrices } from '../polled-prices.js';
import { quantile } from '../statistics.js';

const SYMBOLS = 450;
const A_SECOND = 20;
/** Prices come this often: six times as often as by default. */
const POLL_MS = 10_000;

/** `crypto-lake predict` as a process, and `/price/predict` of a server whose lake grows meanwhile. */
export default {
  title: `A prediction of the newest minute in a lake of ${SYMBOLS} symbols polled for a day: by a command, and over HTTP at ${A_SECOND} requests a second`,
  note: 'Prices are stored every 10 s while the server answers, so that one answer in 200 reads new rows first',
  goals: { 'predict, cold s': '≤ 0.5', 'HTTP, p99 ms': '≤ 20' },
  async prepare({ folder, smoke }) {
    const poll = await pollPrices(folder, { symbols: SYMBOLS, minutes: smoke ? 120 : 1440 });
    const args = ['train', '--symbol', 'SYM0USDT', '--quiet', '--lake', folder];
    execFileSync(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
    return { poll };
  },
  async ours({ folder, smoke }, { poll }) {
    const args = ['predict', '--symbol', 'SYM0USDT', '--allow-stale', '--no-store', '--json', '--quiet'];
    const { seconds } = await measure(process.execPath, [PROGRAM, ...args, '--lake', folder]);
    const times = await served(folder, poll, smoke ? 20 : 600);
    return {
      'predict, cold s': seconds,
      'HTTP, p50 ms': quantile(times, 0.5),
      'HTTP, p99 ms': quantile(times, 0.99),
      'HTTP, most ms': Math.max(...times),
    };
  },
};

/** Milliseconds of each answer but the first, which opens the tables. */
async function served(lake, poll, requests) {
  const env = { ...process.env, CRYPTO_LAKE_RATE_LIMIT: '100000' };
  const server = spawn(process.execPath, [PROGRAM, 'serve', '--port', '0', '--lake', lake], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise((resolve) => server.on('close', resolve));
  const polling = setInterval(() => void poll(), POLL_MS);
  try {
    const url = `${await addressOf(server)}/price/predict?symbol=SYM0USDT&allow_stale=true`;
    const times = [];
    for (let request = 0; request <= requests; request++) {
      const started = performance.now();
      const answer = await fetch(url);
      const { price } = await answer.json();
      if (!(price > 0)) throw new Error(`no prediction: ${answer.status}`);
      const took = performance.now() - started;
      if (request > 0) times.push(took);
      await sleep(Math.max(0, 1000 / A_SECOND - took));
    }
    return times;
  } finally {
    clearInterval(polling);
    server.kill('SIGTERM');
    await ended;
  }
}

async function addressOf(server) {
  for await (const line of createInterface({ input: server.stderr })) {
    const [address] = /http:\/\/[\d.]+:\d+/.exec(line) ?? [];
    if (address !== undefined) {
      server.stderr.resume();
      return address;
    }
  }
  throw new Error('the server ended');
}
