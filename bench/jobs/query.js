import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { CLOSED_US, cloneLake, OPEN_US, smallFiles, tenMillion } from '../data.js';
import { measure, PROGRAM } from '../measure.js';

const SYMBOL = 'SYM7USDT';
const HOUR_US = 3_600e6;

/** `crypto-lake read --sql` as a process, and the same session asked again, beside what Python offers for Delta tables. */
export default {
  title:
    'One aggregate over all symbols, and one symbol in one hour; of 10,000,000 rows after `compact`, and of 2,000 small files',
  note: 'All sides read the same files. Cold: a process of its own, start to exit. Warm: the query again, snapshot and file list kept',
  goals: {
    'aggregate, cold s': '≤ 1.1 ×',
    'aggregate, warm ms': '≤ 1.1 ×',
    'symbol, cold s': '≤ 1 ×',
    'symbol, warm ms': '≤ 0.8 ×',
    'small files: aggregate, cold s': '≤ 1 ×',
    'small files: symbol, cold s': '≤ 1 ×',
  },
  async prepare(context) {
    const sorted = cloneLake(await tenMillion(context), join(context.folder, 'sorted'));
    execFileSync(process.execPath, [PROGRAM, 'compact', '--quiet', '--lake', sorted]);
    const small = await smallFiles(context);
    return { sorted, small, answers: new Map() };
  },
  ours: (context, state) => allFigures(state, (...question) => askOurs(context, ...question)),
  peers: Object.fromEntries(
    ['duckdb', 'duckdb, pruned', 'polars'].map((engine) => [
      engine,
      (context, state) => allFigures(state, (...question) => askPython(context, engine, ...question)),
    ]),
  ),
};

async function allFigures({ sorted, small, answers }, ask) {
  const hours = { [sorted]: CLOSED_US + 13 * HOUR_US, [small]: OPEN_US + 13 * HOUR_US };
  const put = async (lake, query, isWarm) => {
    const { rows, value } = await ask(lake, query, hours[lake], isWarm);
    agree(answers, `${lake} ${query}`, rows);
    return value;
  };
  return {
    'aggregate, cold s': await put(sorted, 'aggregate', false),
    'aggregate, warm ms': await put(sorted, 'aggregate', true),
    'symbol, cold s': await put(sorted, 'symbol', false),
    'symbol, warm ms': await put(sorted, 'symbol', true),
    'small files: aggregate, cold s': await put(small, 'aggregate', false),
    'small files: symbol, cold s': await put(small, 'symbol', false),
  };
}

async function askOurs({ here }, lake, query, hourUs, isWarm) {
  const sql = sqlOf(query, hourUs);
  if (isWarm) {
    const { stdout } = await measure(process.execPath, [join(here, 'ours', 'query-warm.js'), lake, sql], {
      capture: true,
    });
    return { value: Number(stdout) };
  }
  const args = [PROGRAM, 'read', '--lake', lake, '--format', 'ndjson', '--sql', sql];
  const { stdout, seconds } = await measure(process.execPath, args, { capture: true });
  const lines = stdout.trim().split('\n');
  return { value: seconds, rows: lines.map((line) => Object.values(JSON.parse(line))) };
}

async function askPython({ python, here }, engine, lake, query, hourUs, isWarm) {
  const bounds = [hourUs, hourUs + HOUR_US].map(String);
  const args = [engine, join(lake, 'liquidation'), query, SYMBOL, ...bounds, ...(isWarm ? ['warm'] : [])];
  const { stdout, seconds } = await measure(python, [join(here, 'peers', 'query.py'), ...args], {
    capture: true,
  });
  const { rows, ms } = JSON.parse(stdout);
  return { value: isWarm ? ms : seconds, rows };
}

function sqlOf(query, hourUs) {
  const [from, to] = [hourUs, hourUs + HOUR_US].map((us) => new Date(us / 1000).toISOString());
  const where =
    query === 'aggregate'
      ? ''
      : `WHERE symbol = '${SYMBOL}' AND trade_time >= TIMESTAMPTZ '${from}' AND trade_time < TIMESTAMPTZ '${to}'`;
  return `SELECT symbol, count(*) AS orders, sum(notional) AS total FROM liquidation ${where} GROUP BY symbol ORDER BY symbol`;
}

/** Whoever answers otherwise than the others did is not fast but wrong. Sums of doubles differ in their last digits. */
function agree(answers, question, rows) {
  if (rows === undefined) return;
  const known = answers.get(question) ?? rows;
  answers.set(question, known);
  const isSame = ([symbol, count, total], [knownSymbol, knownCount, knownTotal]) =>
    symbol === knownSymbol && Number(count) === Number(knownCount) && Math.abs(total / knownTotal - 1) < 1e-9;
  if (
    rows.length !== known.length ||
    rows.length === 0 ||
    !rows.every((row, index) => isSame(row, known[index]))
  )
    throw new Error(`the answers to "${question}" differ`);
}
