/** A query run again and again in one process, its session kept: LAKE SQL. Prints the median in milliseconds. */
import { openSession } from '../../dist/query/session/open-session.js';
import { median } from '../statistics.js';

const [lake, sql] = process.argv.slice(2);
const session = await openSession({ lake, memoryBytes: 512e6, sql });
await session.connection.runAndReadAll(sql);
const times = [];
for (let run = 0; run < 15; run++) {
  const started = performance.now();
  await session.connection.runAndReadAll(sql);
  times.push(performance.now() - started);
}
await session.close();
console.log(median(times));
