import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeCheckpoint } from '../../dist/delta/checkpoint/write-checkpoint.js';
import { DeltaTable } from '../../dist/delta/delta-table.js';
import { nullableField } from '../../dist/delta/format/schema.js';
import { LocalStore } from '../../dist/delta/store/local-store.js';
import { PARQUET_CHECKPOINTS } from '../../dist/parquet/parquet-checkpoints.js';
import { measure } from '../measure.js';
import { median } from '../statistics.js';

/** Opens a table and lists its files, in a warm process; statistics are not looked at, on both sides. */
export default {
  title:
    'Open a table and list its files: 10,000 from a checkpoint, 10,000 from one JSON commit, 2,000 from as many commits',
  goals: { 'checkpoint, ms': '≤ 1.2 ×', 'one big commit, ms': '≤ 1 ×', '2,000 commits, ms': '≤ 0.1 ×' },
  async prepare({ folder, smoke }) {
    const [files, commits] = smoke ? [100, 20] : [10_000, 2000];
    const checkpointed = await makeTable(join(folder, 'checkpointed'));
    for (let start = 0; start < files; start += 1000) await append(checkpointed, Math.min(1000, files));
    await writeCheckpoint(checkpointed, { nowMs: Date.now(), force: true });
    await append(await makeTable(join(folder, 'big')), files);
    const many = await makeTable(join(folder, 'many'));
    for (let i = 0; i < commits; i++) await append(many, 1);
  },
  async ours({ folder }) {
    return {
      'checkpoint, ms': await openOurs(join(folder, 'checkpointed')),
      'one big commit, ms': await openOurs(join(folder, 'big')),
      '2,000 commits, ms': await openOurs(join(folder, 'many')),
    };
  },
  peers: {
    async 'delta-rs'({ folder, python, here }) {
      const paths = ['checkpointed', 'big', 'many'].map((name) => join(folder, name));
      const script = join(here, 'peers', 'open_table.py');
      return JSON.parse((await measure(python, [script, ...paths], { capture: true })).stdout);
    },
  },
};

async function openOurs(path) {
  const times = [];
  for (let i = 0; i < 6; i++) {
    const started = performance.now();
    const { snapshot } = await DeltaTable.open(new LocalStore(path), { checkpoints: PARQUET_CHECKPOINTS });
    if ([...snapshot.files.values()].length === 0) throw new Error('no files');
    times.push(performance.now() - started);
  }
  return median(times.slice(1));
}

async function makeTable(path) {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true });
  const fields = [
    nullableField('symbol', 'string'),
    nullableField('at', 'timestamp'),
    nullableField('price', 'double'),
  ];
  return DeltaTable.openOrCreate(
    new LocalStore(path),
    { checkpoints: PARQUET_CHECKPOINTS },
    { fields, partitionColumns: [], configuration: {} },
  );
}

function append(table, count) {
  const stats = JSON.stringify({
    numRecords: 500,
    minValues: { symbol: '1000SHIBUSDT', at: '2026-11-21T12:00:00.000Z', price: 0.0001 },
    maxValues: { symbol: 'ZRXUSDT', at: '2026-11-21T12:01:00.000Z', price: 91000.5 },
    nullCount: { symbol: 0, at: 0, price: 0 },
  });
  const adds = Array.from({ length: count }, () => ({
    path: `part-00000-${randomUUID()}-c000.zstd.parquet`,
    partitionValues: {},
    size: 12345,
    modificationTime: Date.now(),
    dataChange: true,
    stats,
  }));
  return table.commit({ operation: 'WRITE', adds, reads: 'nothing' });
}
