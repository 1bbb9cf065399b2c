/** TABLE: opens it and lists its files, six times. Prints the times in milliseconds. All code is loaded before, as the peer's is. */
import '../../dist/lake/open-s3-store.js';
import '../../dist/parquet/hyparquet-reader.js';
import { DeltaTable } from '../../dist/delta/delta-table.js';
import { openStore } from '../../dist/lake/open-store.js';
import { PARQUET_CHECKPOINTS } from '../../dist/parquet/parquet-checkpoints.js';

const [location] = process.argv.slice(2);
const times = [];
for (let i = 0; i < 6; i++) {
  const started = performance.now();
  const { snapshot } = await DeltaTable.open(await openStore(location), { checkpoints: PARQUET_CHECKPOINTS });
  if ([...snapshot.files.values()].length === 0) throw new Error('no files');
  times.push(performance.now() - started);
}
console.log(JSON.stringify(times));
process.exit();
