import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeCheckpoint } from '../../dist/delta/checkpoint/write-checkpoint.js';
import { DeltaTable } from '../../dist/delta/delta-table.js';
import { LocalStore } from '../../dist/delta/store/local-store.js';
import { PARQUET_CHECKPOINTS } from '../../dist/parquet/parquet-checkpoints.js';
import { appendFiles, makeTable } from '../many-files.js';
import { measure } from '../measure.js';
import { median } from '../statistics.js';

/** Opens a table and lists its files, in a warm process; statistics are not looked at, on both sides. */
export default {
  title:
    'Open a table and list its files: 10,000 from a checkpoint, 10,000 from one JSON commit, 2,000 from as many commits',
  goals: { 'checkpoint, ms': '≤ 1.2 ×', 'one big commit, ms': '≤ 1 ×', '2,000 commits, ms': '≤ 0.1 ×' },
  async prepare({ folder, smoke }) {
    const [files, commits] = smoke ? [100, 20] : [10_000, 2000];
    const checkpointed = await makeLocal(join(folder, 'checkpointed'));
    for (let start = 0; start < files; start += 1000) await appendFiles(checkpointed, Math.min(1000, files));
    await writeCheckpoint(checkpointed, { nowMs: Date.now(), force: true });
    await appendFiles(await makeLocal(join(folder, 'big')), files);
    const many = await makeLocal(join(folder, 'many'));
    for (let i = 0; i < commits; i++) await appendFiles(many, 1);
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

function makeLocal(path) {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true });
  return makeTable(new LocalStore(path));
}
