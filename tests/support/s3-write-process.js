/**
 * Stores a file in parts, commits it and writes a checkpoint, three times: LOCATION [STEP at which it kills itself]. What is
 * in the table already is left out, as a collector does after a crash.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCheckpoint } from '../../dist/delta/checkpoint/write-checkpoint.js';
import { DeltaTable } from '../../dist/delta/delta-table.js';
import { S3Store } from '../../dist/delta/store/s3-store.js';
import { openS3 } from '../../dist/lake/open-s3-store.js';
import { PARQUET_CHECKPOINTS } from '../../dist/parquet/parquet-checkpoints.js';

const [location, killAt] = process.argv.slice(2);
const SIZE = 17 * 2 ** 20;
let seen = 0;
const step = (name) => {
  // The second time: something is there already.
  if (name === killAt && ++seen === 2) process.kill(process.pid, 'SIGKILL');
};
const store = new S3Store(location, { ...(await openS3()), step });
const table = await DeltaTable.open(store, { checkpoints: PARQUET_CHECKPOINTS });
const folder = mkdtempSync(join(tmpdir(), 'crypto-lake-write-'));
for (let version = 1; version <= 3; version++) {
  if (table.txnVersion('writer') >= version) continue;
  const path = `part-${version}-${crypto.randomUUID()}.parquet`;
  writeFileSync(join(folder, 'file'), Buffer.alloc(SIZE, String(version)));
  const size = await store.moveIn(path, join(folder, 'file'));
  const add = { path, partitionValues: {}, size, modificationTime: 1, dataChange: true };
  const txn = { appId: 'writer', version };
  await table.commit({ operation: 'WRITE', adds: [add], txn, reads: 'nothing' });
  await writeCheckpoint(table, { nowMs: Date.now(), force: true });
}
rmSync(folder, { recursive: true });
process.exit();
