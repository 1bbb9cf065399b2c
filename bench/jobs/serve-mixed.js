import { spawn } from 'node:child_process';
import { Agent, request } from 'node:http';
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
/** As long the same is asked before, so that what is compiled and kept on first use is there. */
const WARM_SECONDS = 5;

/** What a page and a few programs ask of `serve`, at a fixed rate, while a collector stores into the same lake. */
export default {
  title: `${A_SECOND} requests a second, mixed, on 3 days of 1m bars of ${SYMBOLS} symbols, with a collector beside`,
  note: `Of 20 requests 8 are bars, 4 indicators, 5 newest prices, and one each liquidations, health and SQL. Each is sent at its time, whether the one before is answered or not; timed from when it was due, after ${WARM_SECONDS} s of the same`,
  goals: { 'p99, ms': '≤ 50' },
  rounds: 3,
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
      const ask = async (seconds, first) => {
        const times = [];
        const running = [];
        const startedMs = performance.now();
        for (let index = 0; index < A_SECOND * seconds; index++) {
          const dueMs = startedMs + (index * 1000) / A_SECOND;
          const waitMs = dueMs - performance.now();
          if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
          const answer = timed(address, question(first + index));
          running.push(answer.then(() => times.push(performance.now() - dueMs)));
        }
        await Promise.all(running);
        return times;
      };
      const cold = await ask(smoke ? 1 : WARM_SECONDS, 0);
      const times = await ask(smoke ? 1 : SECONDS, cold.length);
      return {
        'p50, ms': quantile(times, 0.5),
        'p99, ms': quantile(times, 0.99),
        requests: times.length,
        [`p99 of the first ${WARM_SECONDS} s, ms`]: quantile(cold, 0.99),
      };
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

/** The client takes as little of the machine as it can: who asks is elsewhere. */
const agent = new Agent({ keepAlive: true });

async function timed(address, { path, body }, deadlineMs = 10_000) {
  const endMs = performance.now() + deadlineMs;
  for (;;) {
    const status = await statusOf(`${address}${path}`, body).catch(() => undefined);
    if (status === 200) return;
    // The first ones are asked before it listens, and before the first liquidation is stored.
    if (performance.now() > endMs || deadlineMs < 60_000) throw new Error(`${path}: ${status}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Once the whole answer is there. */
function statusOf(url, body) {
  const how = body === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' } };
  return new Promise((resolve, reject) => {
    const asked = request(url, { ...how, agent }, (answer) => {
      answer
        .resume()
        .on('end', () => resolve(answer.statusCode))
        .on('error', reject);
    });
    asked.on('error', reject).end(body);
  });
}
