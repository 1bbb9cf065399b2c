/** Appends 500 rows again and again between two times: LAKE WRITER FROM_MS UNTIL_MS. Prints how many commits it made. */
import { LIQUIDATION_TABLE } from '../../dist/models/lake-tables.js';
import { appendBatch } from '../../dist/writers/append-batch.js';
import { openLakeTable } from '../../dist/writers/open-lake-table.js';
import { orders } from '../data.js';

const [lake, writer, fromMs, untilMs] = process.argv.slice(2);
const table = await openLakeTable(lake, LIQUIDATION_TABLE, 'light');
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
