/** Compacts the `liquidation` table as if it were another time: LAKE HOURS_FROM_NOW. */
import '../../dist/base/duckdb-malloc-env.js';
import { join } from 'node:path';
import { DeltaTable } from '../../dist/delta/delta-table.js';
import { LocalStore } from '../../dist/delta/store/local-store.js';
import { LIQUIDATION_TABLE } from '../../dist/lake/tables/liquidation.js';
import { PARQUET_CHECKPOINTS } from '../../dist/parquet/parquet-checkpoints.js';
import { compactTable } from '../../dist/upkeep/compaction/compact-table.js';

const [lake, hours] = process.argv.slice(2);
const store = new LocalStore(join(lake, LIQUIDATION_TABLE.name));
const { failed } = await compactTable(await DeltaTable.open(store, { checkpoints: PARQUET_CHECKPOINTS }), {
  clusterBy: LIQUIDATION_TABLE.clusterBy,
  curve: 'none',
  targetBytes: 128e6,
  memoryBytes: 512e6,
  nowMs: Date.now() + Number(hours) * 3_600_000,
  all: false,
  only: undefined,
  dryRun: false,
  signal: new AbortController().signal,
});
if (failed.length > 0) throw failed[0].error;
