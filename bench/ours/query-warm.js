/** A query run again and again in one process, its session kept: LAKE SQL. Prints the median in milliseconds. */

import { LakeSession } from '../../dist/query/lake-session.js';
import { openLake } from '../../dist/query/open-lake.js';
import { median } from '../statistics.js';

const [lake, sql] = process.argv.slice(2);
const session = await LakeSession.open({
  ...(await openLake({ lake })),
  memoryBytes: 512e6,
  definitions: [],
});
await session.connection.runAndReadAll(sql);
const times = [];
for (let run = 0; run < 15; run++) {
  const started = performance.now();
  await session.connection.runAndReadAll(sql);
  times.push(performance.now() - started);
}
await session.close();
console.log(median(times));
