/** Appends 500 rows again and again between two times: LAKE WRITER FROM_MS UNTIL_MS. Prints how many commits it made. */

import { appendBatch } from '../../dist/ingest/write/append-batch.js';
import { openLakeTable } from '../../dist/lake/open-lake-table.js';
import { LIQUIDATION_TABLE } from '../../dist/lake/tables/liquidation.js';
import { orders } from '../data.js';

const [lake, writer, fromMs, untilMs] = process.argv.slice(2);
const table = await openLakeTable(lake, LIQUIDATION_TABLE);
const batch = orders(500);
await new Promise((resolve) => setTimeout(resolve, Number(fromMs) - Date.now()));
let commits = 0;
let lost = 0;
while (Date.now() < Number(untilMs)) {
  try {
    await appendBatch(table, batch, { appId: `writer-${writer}`, version: commits + lost + 1 });
    commits++;
  } catch (error) {
    if (error.code !== 'COMMIT_CONFLICT') throw error;
    lost++;
  }
}
console.log(JSON.stringify({ commits, lost }));
