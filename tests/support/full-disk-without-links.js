/** Commits to FOLDER where hard links are refused and the disk fills up inside the commit. Prints how it ended. */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { PARQUET_CHECKPOINTS } from '../../dist/parquet/parquet-checkpoints.js';

const failure = (code) => Object.assign(new Error(code), { code });
const { writeFileSync } = fs;
let writes = 0;
fs.linkSync = () => {
  throw failure('EPERM');
};
fs.writeFileSync = (file, bytes, ...options) => {
  // The temporary file fits, what stands in for its link does not.
  if (++writes < 2) return writeFileSync(file, bytes, ...options);
  fs.writeSync(file, bytes, 0, Math.floor(bytes.length / 2));
  throw failure('ENOSPC');
};
syncBuiltinESMExports();
const { DeltaTable } = await import('../../dist/delta/delta-table.js');
const { LocalStore } = await import('../../dist/delta/store/local-store.js');
const table = await DeltaTable.open(new LocalStore(process.argv[2]), { checkpoints: PARQUET_CHECKPOINTS });
const add = { path: 'a', partitionValues: {}, size: 1, modificationTime: 1, dataChange: true };
const ended = table.commit({ operation: 'WRITE', adds: [add], reads: 'nothing' });
const outcome = await ended.then(
  ({ kind }) => kind,
  ({ code }) => code,
);
process.stdout.write(outcome);
