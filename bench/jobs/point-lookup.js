import { execFileSync, spawn } from 'node:child_process';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { createSeededRandom } from '../../dist/base/seeded-random.js';
import { PROGRAM } from '../measure.js';
import { answered, freePort, stopped } from '../served.js';
import { servedLake, symbolOf } from '../served-data.js';
import { median } from '../statistics.js';

const SYMBOLS = 450;
const DAYS = 16;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WARM_UP = 20;

/** `/bars/SYMBOL?from=&to=` of `serve`, JSON and HTTP included, beside Polars on the same files. */
export default {
  title: `One hour of one symbol out of 10,368,000 bars, warm: a symbol and an hour at random of days that are compacted, and not held in memory`,
  note: 'Ours over HTTP as JSON, one question after the other; Polars with the frame and its file list kept, until it is collected. Medians of a question',
  goals: { 'symbol and hour, ms': '≤ 0.8 ×' },
  rounds: 3,
  async prepare({ folder, smoke }) {
    const symbols = smoke ? 5 : SYMBOLS;
    const days = smoke ? 4 : DAYS;
    const lake = join(folder, 'lake');
    const { lastMs } = await servedLake(lake, { symbols, days, withIndicators: false });
    // As upkeep leaves days that are over.
    execFileSync(process.execPath, [PROGRAM, 'compact', '--quiet', '--lake', lake]);
    return { lake, symbols, days, lastMs, totals: [] };
  },
  async ours({ smoke }, state, round) {
    const port = await freePort();
    const child = spawn(process.execPath, [PROGRAM, 'serve', '--lake', state.lake, '--port', String(port)], {
      stdio: 'ignore',
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    try {
      const address = `http://127.0.0.1:${port}`;
      await answered(`${address}/bars/${symbolOf(0)}?limit=1`);
      await new Promise((resolve) => setTimeout(resolve, smoke ? 300 : 5000));
      const questions = questionsOf(state, round, smoke);
      const ask = ([symbol, fromUs, toUs], format = '') =>
        textAt(`${address}/bars/${symbol}?from=${fromUs / 1000}&to=${toUs / 1000}&limit=100${format}`, agent);
      // Of another kind, so that no answer is known.
      for (const question of questions.slice(0, WARM_UP)) await ask(question, '&format=ndjson');
      const times = [];
      let total = 0;
      for (const question of questions) {
        const startedMs = performance.now();
        const text = await ask(question);
        times.push(performance.now() - startedMs);
        for (const { close } of JSON.parse(text).data) total += close;
      }
      state.totals[round] = total;
      return { 'symbol and hour, ms': median(times) };
    } finally {
      agent.destroy();
      await stopped(child);
    }
  },
  peers: {
    polars: ({ python, here, smoke }, state, round) => {
      const stdout = execFileSync(
        python,
        [join(here, 'peers', 'point_lookup.py'), join(state.lake, 'bars_1m')],
        { input: JSON.stringify(questionsOf(state, round, smoke)), encoding: 'utf8' },
      );
      const { ms, total } = JSON.parse(stdout);
      if (!(Math.abs(total - state.totals[round]) <= 1e-9 * total))
        throw new Error(`the answers differ: ${total}, ours ${state.totals[round]}`);
      return { 'symbol and hour, ms': ms };
    },
  },
};

/** Whole hours of days that are compacted, each within one day. */
function questionsOf({ symbols, days, lastMs }, round, smoke) {
  const random = createSeededRandom(11 + round);
  const today = Math.floor(lastMs / DAY_MS) * DAY_MS;
  return Array.from({ length: smoke ? 30 : 300 }, () => {
    const day = today - DAY_MS * (2 + random.below(days - 3));
    const from = day + HOUR_MS * random.below(24);
    const isoDay = new Date(day).toISOString().slice(0, 10);
    return [symbolOf(random.below(symbols)), from * 1000, (from + HOUR_MS) * 1000, isoDay];
  });
}

function textAt(url, agent) {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece) => {
        text += piece;
      });
      response.on('end', () =>
        response.statusCode === 200 ? resolve(text) : reject(new Error(`${url}: ${text}`)),
      );
    }).on('error', reject);
  });
}
