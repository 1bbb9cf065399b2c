/**
 * Appends to a table from a process of its own: LOCATION WRITER COUNT [STEP at which it kills itself]. It begins when it is
 * asked to, so that many begin at once.
 */
import { once } from 'node:events';
import { DeltaTable } from '../../dist/delta/delta-table.js';
import { LocalStore } from '../../dist/delta/store/local-store.js';
import { PARQUET_CHECKPOINTS } from '../../dist/parquet/parquet-checkpoints.js';

const [location, writer, count, killAt] = process.argv.slice(2);
const step = (name) => {
  if (name === killAt) process.kill(process.pid, 'SIGKILL');
};
const store = location.startsWith('s3://') ? await s3Store() : new LocalStore(location, step);
const table = await DeltaTable.open(store, { checkpoints: PARQUET_CHECKPOINTS });
process.send('ready');
await once(process, 'message');
let committed = 0;
for (let version = 1; version <= Number(count); version++) {
  const path = `part-${writer}-${version}.parquet`;
  const add = { path, partitionValues: {}, size: 1, modificationTime: 1, dataChange: true };
  const outcome = await table.commit({
    operation: 'WRITE',
    adds: [add],
    txn: { appId: `writer-${writer}`, version },
    reads: 'nothing',
  });
  if (outcome.kind === 'committed') committed++;
}
process.send(committed);
process.disconnect();

async function s3Store() {
  const { openS3 } = await import('../../dist/lake/open-s3-store.js');
  const { S3Store } = await import('../../dist/delta/store/s3-store.js');
  return new S3Store(location, { ...(await openS3()), step });
}
