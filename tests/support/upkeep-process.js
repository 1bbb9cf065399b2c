/**
 * One act on a table in a process of its own: ACT FOLDER|s3://… [N]; `copy` is of the table in the folder COPY_FROM. It kills itself at its N-th named step; without N it goes
 * to the end and prints its steps as JSON. `make` makes the table that the others act on.
 */
import { copyFile, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { writeCheckpoint } from '../../dist/delta/checkpoint/write-checkpoint.js';
import { DeltaTable } from '../../dist/delta/delta-table.js';
import { nullableField } from '../../dist/delta/format/schema.js';
import { commitName } from '../../dist/delta/log/log-path.js';
import { cleanUpLog } from '../../dist/delta/maintenance/log-cleanup.js';
import { vacuumTable } from '../../dist/delta/maintenance/vacuum.js';
import { LocalStore } from '../../dist/delta/store/local-store.js';
import { PARQUET_CHECKPOINTS } from '../../dist/parquet/parquet-checkpoints.js';

const DAY_MS = 86_400_000;
const nowMs = Date.now();
const [act, folder, killAt] = process.argv.slice(2);

const steps = [];
function step(name) {
  steps.push(name);
  if (steps.length === Number(killAt)) process.kill(process.pid, 'SIGKILL');
}

/** The rows 1, 2 and 3, a file each: 1 was removed long ago, below a checkpoint of a log that has expired since. */
async function make() {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const table = await DeltaTable.openOrCreate(
    new LocalStore(folder),
    { checkpoints: PARQUET_CHECKPOINTS },
    {
      fields: [nullableField('id', 'long')],
      partitionColumns: [],
      configuration: {
        'delta.logRetentionDuration': 'interval 1 day',
        'delta.deletedFileRetentionDuration': 'interval 1 day',
      },
    },
  );
  const old = new Date(nowMs - 5 * DAY_MS);
  for (let id = 1; id <= 4; id++) {
    await connection.run(`COPY (SELECT ${id}::BIGINT AS id) TO '${join(folder, `part-${id}.parquet`)}'`);
    if (id <= 3) await append(table, id);
    if (id !== 2) continue;
    const remove = { path: 'part-1.parquet', dataChange: true, deletionTimestamp: nowMs - 3 * DAY_MS };
    await table.commit({ operation: 'DELETE', removes: [remove], reads: 'whole-table' });
    await writeCheckpoint(table, { nowMs, force: true });
    for (let version = 0; version <= table.version; version++)
      await utimes(join(folder, commitName(version)), old, old);
  }
  // `part-4` waits for the next commit; this one nobody ever committed.
  await copyFile(join(folder, 'part-1.parquet'), join(folder, 'orphan.parquet'));
  for (const name of ['part-1.parquet', 'orphan.parquet']) await utimes(join(folder, name), old, old);
}

async function append(table, id) {
  const path = `part-${id}.parquet`;
  const { size, mtimeMs } = await stat(join(folder, path));
  const bounds = { id };
  const stats = { numRecords: 1, minValues: bounds, maxValues: bounds, nullCount: { id: 0 } };
  const add = { path, partitionValues: {}, size, modificationTime: Math.floor(mtimeMs), dataChange: true };
  return table.commit({
    operation: 'WRITE',
    adds: [{ ...add, stats: JSON.stringify(stats) }],
    txn: { appId: 'app', version: id },
    reads: 'nothing',
  });
}

async function compact(table) {
  const { compactTable } = await import('../../dist/upkeep/compaction/compact-table.js');
  await compactTable(table, {
    clusterBy: ['id'],
    curve: 'none',
    targetBytes: 2 ** 27,
    memoryBytes: 2 ** 28,
    nowMs,
    all: false,
    only: undefined,
    dryRun: false,
    signal: new AbortController().signal,
    step,
  });
}

const ACTS = {
  append: (table) => append(table, 4),
  checkpoint: (table) => writeCheckpoint(table, { nowMs, force: true, step }),
  cleanup: (table) => cleanUpLog(table, nowMs, step),
  vacuum: (table) => vacuumTable(table, { nowMs, dryRun: false, step }),
  compact,
};

async function copy() {
  const { copyTable } = await import('../../dist/upkeep/copy-table.js');
  const from = new LocalStore(process.env.COPY_FROM);
  await copyTable(from, await openStore(), { signal: new AbortController().signal });
}

if (act === 'make') await make();
else {
  if (act === 'copy') await copy();
  else await ACTS[act](await DeltaTable.open(await openStore(), { checkpoints: PARQUET_CHECKPOINTS }));
  process.stdout.write(JSON.stringify(steps));
}

async function openStore() {
  if (!folder.startsWith('s3:')) return new LocalStore(folder, step);
  const { openS3 } = await import('../../dist/lake/open-s3-store.js');
  const { S3Store } = await import('../../dist/delta/store/s3-store.js');
  return new S3Store(folder, { ...(await openS3()), step });
}
