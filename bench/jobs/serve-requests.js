import { execFileSync, spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSeededRandom } from '../../dist/base/seeded-random.js';
import { PROGRAM } from '../measure.js';
import { startPostgres } from '../postgres.js';
import { answered, freePort, stopped } from '../served.js';
import { servedLake, symbolOf } from '../served-data.js';

const SYMBOLS = 100;
const QUESTIONS = 20_000;
const WARM_MS = 3000;
const SCRIPT = `local paths, n = {}, 0
function init(args) for line in io.lines(args[1]) do n = n + 1; paths[n] = line end end
local i = 0
request = function() i = i % n + 1; return wrk.format("GET", paths[i]) end
done = function(summary, latency) io.write(string.format('{"rate": %f, "p99": %f, "failed": %d}\\n', summary.requests / summary.duration * 1e6, latency:percentile(99) / 1000, summary.errors.status + summary.errors.timeout + summary.errors.read)) end
`;

/** `crypto-lake serve` beside what one writes with FastAPI on a database, and on the files: the same rows, the same load. */
export default {
  title: `${SYMBOLS} symbols, 3 days of 1m bars: bars and indicators of the newest day, and newest prices; wrk, 50 connections`,
  note: 'Each question another one (symbol and end at random), or one and the same again',
  goals: {
    'bars?limit=1000, 1/s': '≥ 4 ×',
    'indicators?limit=500, 1/s': '≥ 4 ×',
    'price/latest, 1/s': '≥ 4 ×',
    'bars?limit=1000 repeated, 1/s': '≥ 20 ×',
    'indicators?limit=500 repeated, 1/s': '≥ 20 ×',
    'price/latest repeated, 1/s': '≥ 20 ×',
    'bars?limit=1000, p99 ms': '≤ 1 ×',
    'indicators?limit=500, p99 ms': '≤ 1 ×',
    'price/latest, p99 ms': '≤ 1 ×',
  },
  rounds: 1,
  async prepare({ folder, smoke }) {
    if (!existsSync('/usr/bin/wrk')) throw new Error('`wrk` is not installed: apt install wrk');
    const { lake, lastMs } = await servedLake(
      join(folder, 'lake'),
      smoke ? { symbols: 3, days: 1 } : { symbols: SYMBOLS, days: 3 },
    );
    const script = join(folder, 'load.lua');
    writeFileSync(script, SCRIPT);
    return {
      lake,
      script,
      files: questions(folder, lastMs, smoke ? 3 : SYMBOLS),
      postgres: await startPostgres(lake, await freePort()),
    };
  },
  ours: async (context, state) =>
    measured(context, state, (port) =>
      spawn(process.execPath, [PROGRAM, 'serve', '--lake', state.lake, '--port', String(port)], {
        stdio: 'ignore',
      }),
    ),
  peers: {
    'asyncpg, PostgreSQL': (context, state) => {
      if (state.postgres === undefined) throw new Error('PostgreSQL 15 is not installed');
      return measured(context, state, (port) =>
        uvicorn(context, 'serve_postgres', port, { DSN: state.postgres.dsn }),
      );
    },
    'DuckDB on Parquet': (context, state) =>
      measured(context, state, (port) => uvicorn(context, 'serve_duckdb', port, { LAKE: state.lake })),
  },
  cleanUp: (_context, { postgres }) => postgres?.stop(),
};

function uvicorn({ python, here }, module, port, env) {
  const args = [
    '-m',
    'uvicorn',
    '--app-dir',
    join(here, 'peers'),
    '--log-level',
    'warning',
    '--port',
    String(port),
    `${module}:app`,
  ];
  return spawn(python, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'inherit', 'inherit'] });
}

function questions(folder, lastMs, symbols) {
  const random = createSeededRandom(7);
  const endMs = lastMs + 60_000;
  const all = { 'bars?limit=1000': [], 'indicators?limit=500': [], 'price/latest': [] };
  for (let index = 0; index < QUESTIONS; index++) {
    const symbol = symbolOf(random.below(symbols));
    all['bars?limit=1000'].push(`/bars/${symbol}?limit=1000&to=${endMs - 60_000 * random.below(430)}`);
    all['indicators?limit=500'].push(
      `/indicators/${symbol}?limit=500&to=${endMs - 60_000 * random.below(930)}`,
    );
    all['price/latest'].push(`/price/latest?symbol=${symbol}`);
  }
  return Object.entries(all).flatMap(([name, paths]) => [
    write(name, paths),
    write(`${name} repeated`, paths.slice(0, 1)),
  ]);
  function write(name, paths) {
    const file = join(folder, `${name.replace(/\W/g, '-')}.txt`);
    writeFileSync(file, `${paths.join('\n')}\n`);
    return { name, file, first: paths[0] };
  }
}

async function measured({ smoke }, { files, script }, start) {
  const port = await freePort();
  const child = start(port);
  const figures = {};
  try {
    const address = `http://127.0.0.1:${port}`;
    await answered(`${address}${files[4].first}`);
    for (const { first } of files) await answered(`${address}${first}`);
    // What is to be in memory is there by now.
    await new Promise((resolve) => setTimeout(resolve, smoke ? 500 : WARM_MS));
    for (const { name, file } of files) {
      const load = (seconds) => {
        const args = ['-t1', '-c50', `-d${seconds}s`, '--timeout', '30s', '-s', script, address, '--', file];
        return JSON.parse(execFileSync('wrk', args, { encoding: 'utf8' }).trim().split('\n').at(-1));
      };
      const isRepeated = name.endsWith('repeated');
      // Whatever comes to be known by the first questions.
      if (!smoke && !isRepeated) load(1);
      const { rate, p99, failed } = load(smoke ? 1 : isRepeated ? 3 : 6);
      if (failed > 0) throw new Error(`${failed} requests of ${name} failed`);
      figures[`${name}, 1/s`] = rate;
      figures[`${name}, p99 ms`] = p99;
    }
  } finally {
    await stopped(child);
  }
  return figures;
}
