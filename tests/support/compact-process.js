/** Compacts a table in a process of its own and kills itself at a step: FOLDER STEP NOW_MS. */
import { DeltaTable } from '../../dist/delta/delta-table.js';
import { LocalStore } from '../../dist/delta/store/local-store.js';
import { PARQUET_CHECKPOINTS } from '../../dist/parquet/parquet-checkpoints.js';
import { compactTable } from '../../dist/upkeep/compaction/compact-table.js';

const [folder, killAt, nowMs] = process.argv.slice(2);
const table = await DeltaTable.open(new LocalStore(folder), { checkpoints: PARQUET_CHECKPOINTS });
await compactTable(table, {
  clusterBy: ['symbol', 'ts'],
  curve: 'none',
  targetBytes: 2 ** 27,
  memoryBytes: 2 ** 28,
  nowMs: Number(nowMs),
  all: false,
  only: undefined,
  dryRun: false,
  signal: new AbortController().signal,
  step: (name) => {
    if (name === killAt) process.kill(process.pid, 'SIGKILL');
  },
});
