/** LAKE COMMITS: appends 500 rows again and again. Prints the time of each in milliseconds. */
import { appendBatch } from '../../dist/ingest/write/append-batch.js';
import { openLakeTable } from '../../dist/lake/open-lake-table.js';
import { LIQUIDATION_TABLE } from '../../dist/lake/tables/liquidation.js';
import { orders } from '../data.js';

const [lake, commits] = process.argv.slice(2);
const table = await openLakeTable(lake, LIQUIDATION_TABLE);
const batch = orders(500);
const times = [];
// The first one also asks whether the store can be trusted.
for (let version = 1; version <= Number(commits) + 1; version++) {
  // The proxy counts anew.
  if (version === 2) await fetch(`${process.env.AWS_ENDPOINT_URL}/-/counts`);
  const started = performance.now();
  await appendBatch(table, batch, { appId: 'bench', version });
  times.push(performance.now() - started);
}
console.log(JSON.stringify(times.slice(1)));
process.exit();
