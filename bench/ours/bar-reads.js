/** Questions for bars of one symbol, as a server answers them: LAKE FILE. Prints how long one takes, and what came. */
import { readFileSync } from 'node:fs';
import { barTables, listBars } from '../../dist/questions/bar-lists.js';
import { LakeReader } from '../../dist/questions/lake-reader.js';
import { median } from '../statistics.js';

const [lake, file] = process.argv.slice(2);
const reader = await LakeReader.open({ lake, memoryBytes: 512e6 });
const questions = JSON.parse(readFileSync(file, 'utf8'));
// The first pass opens tables and reads the ends of files, where they say what they hold.
for (const question of questions) await ask(question);
const times = [];
const sums = { rows: 0, closes: 0 };
for (const question of questions) {
  const started = performance.now();
  const rows = await ask(question);
  // The text that is sent: what is asked of one symbol comes as it is stored, and only SQL gives values.
  const text = Buffer.concat(rows.json());
  times.push(performance.now() - started);
  sums.rows += rows.rowCount;
  for (const { close } of JSON.parse(text)) sums.closes += close;
}
await reader.close();
console.log(JSON.stringify({ median: median(times), slowest: Math.max(...times), ...sums }));

async function ask({ timeframe, symbol, fromUs, toUs }) {
  const question = { kind: 'bars', timeframe, symbol, known: 'corrected', fill: 'none' };
  const span = { fromUs: BigInt(fromUs), toUs: BigInt(toUs) };
  const pinned = await reader.pin(barTables(question).map(({ name }) => name));
  const page = { limit: 5000, position: undefined, signal: AbortSignal.timeout(30_000) };
  return (await listBars(pinned, { ...question, ...span }, page)).rows;
}
