import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createSeededRandom } from '../../dist/base/seeded-random.js';
import { exchangeAt } from '../listen.js';
import { PROGRAM } from '../measure.js';
import { answered, freePort, stopped } from '../served.js';
import { servedLake, symbolOf } from '../served-data.js';
import { simulatorThread } from '../simulator-thread.js';
import { quantile } from '../statistics.js';

const SYMBOLS = 100;
const A_SECOND = 100;
const SECONDS = 30;

/** What a page and a few programs ask of `serve`, at a fixed rate, while a collector stores into the same lake. */
export default {
  title: `${A_SECOND} requests a second, mixed, on 3 days of 1m bars of ${SYMBOLS} symbols, with a collector beside`,
  note: 'Of 20 requests 8 are bars, 4 indicators, 5 newest prices, and one each liquidations, health and SQL. Each is sent at its time, whether the one before is answered or not; timed from when it was due',
  goals: { 'p99, ms': '≤ 50' },
  rounds: 1,
  async prepare({ folder, smoke }) {
    const made = await servedLake(
      join(folder, 'lake'),
      smoke ? { symbols: 3, days: 1 } : { symbols: SYMBOLS, days: 3 },
    );
    return { ...made, simulator: await simulatorThread({ market: 'steady', framesPerSecond: 50 }) };
  },
  async ours({ smoke }, { lake, lastMs, simulator }) {
    const env = { ...process.env, ...exchangeAt(simulator), CRYPTO_LAKE_FLUSH: '5s' };
    const collector = spawn(process.execPath, [PROGRAM, 'liquidations', '--quiet', '--lake', lake], {
      env,
      stdio: 'inherit',
    });
    const port = await freePort();
    const server = spawn(process.execPath, [PROGRAM, 'serve', '--lake', lake, '--port', String(port)], {
      stdio: 'ignore',
    });
    try {
      const address = `http://127.0.0.1:${port}`;
      const question = questions(lastMs, smoke ? 3 : SYMBOLS);
      for (let warm = 0; warm < 40; warm++) await timed(address, question(warm), 60_000);
      await answered(`${address}/health`);
      await new Promise((resolve) => setTimeout(resolve, smoke ? 500 : 4000));
      const times = [];
      const running = [];
      const count = A_SECOND * (smoke ? 2 : SECONDS);
      const startedMs = performance.now();
      for (let index = 0; index < count; index++) {
        const dueMs = startedMs + (index * 1000) / A_SECOND;
        const waitMs = dueMs - performance.now();
        if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
        running.push(timed(address, question(index)).then(() => times.push(performance.now() - dueMs)));
      }
      await Promise.all(running);
      return { 'p50, ms': quantile(times, 0.5), 'p99, ms': quantile(times, 0.99), requests: times.length };
    } finally {
      await stopped(server);
      await stopped(collector);
    }
  },
  cleanUp: (_, { simulator }) => simulator.close(),
};

function questions(lastMs, symbols) {
  const random = createSeededRandom(11);
  const sql =
    'SELECT symbol, count(*) AS bars FROM bars_1m WHERE open_time > now() - INTERVAL 1 HOUR GROUP BY symbol';
  return (index) => {
    const symbol = symbolOf(random.below(symbols));
    const to = lastMs - 60_000 * random.below(400);
    const place = (index * 7) % 20;
    if (place < 8) return { path: `/bars/${symbol}?limit=1000&to=${to}` };
    if (place < 12) return { path: `/indicators/${symbol}?limit=500&to=${to}` };
    if (place < 17) return { path: `/price/latest?symbol=${symbol}` };
    if (place < 18) return { path: '/liquidations?limit=100' };
    if (place < 19) return { path: '/health' };
    return { path: '/sql', body: JSON.stringify({ sql, limit: 100 }) };
  };
}

async function timed(address, { path, body }, deadlineMs = 10_000) {
  const ask =
    body === undefined ? {} : { method: 'POST', body, headers: { 'content-type': 'application/json' } };
  const endMs = performance.now() + deadlineMs;
  for (;;) {
    const answer = await fetch(`${address}${path}`, ask).catch(() => undefined);
    const text = await answer?.text();
    if (answer?.ok) return;
    // The first ones are asked before it listens, and before the first liquidation is stored.
    if (performance.now() > endMs || deadlineMs < 60_000)
      throw new Error(`${path}: ${answer?.status} ${text}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
