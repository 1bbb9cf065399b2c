import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DeltaTable } from '../../src/delta/delta-table.ts';
import { PARQUET_CHECKPOINTS } from '../../src/parquet/parquet-checkpoints.ts';
import { type CompactOptions, compactTable } from '../../src/upkeep/compaction/compact-table.ts';
import { parquetTable } from '../support/parquet-table.ts';
import { temporaryFolder } from '../support/program.ts';

const OPTIONS: CompactOptions = {
  clusterBy: ['k'],
  curve: 'none',
  targetBytes: 2 ** 27,
  memoryBytes: 2 ** 28,
  nowMs: Date.now(),
  all: true,
  only: undefined,
  dryRun: false,
  signal: new AbortController().signal,
};

it('a sort that is asked to end does so in the middle of a partition, and leaves nothing behind', async () => {
  const lake = await temporaryFolder();
  const { table, folder } = await parquetTable(join(lake, 't'), { k: 'string' }).then(async (made) => {
    await made.add('SELECT md5(r::VARCHAR) AS k FROM range(1500000) t(r)');
    return made;
  });
  const { version } = await table.refresh();
  const before = await readdir(folder, { recursive: true });
  const stop = new AbortController();
  let rowsRead: () => number = () => 0;
  const compacting = compactTable(table, {
    ...OPTIONS,
    signal: stop.signal,
    scratchPlaces: [lake],
    onPartition: ({ bytesDone }) => {
      rowsRead = bytesDone;
    },
  });
  const timer = setInterval(() => {
    if (rowsRead() > 0) stop.abort(new Error('asked to end'));
  }, 5);
  await expect(compacting).rejects.toThrow('asked to end');
  clearInterval(timer);
  // Reading was under way, not over: sorting and writing had not begun.
  expect((await table.refresh()).version).toBe(version);
  expect(await readdir(folder, { recursive: true })).toEqual(before);
  expect(await readdir(lake)).toEqual(['t']);
});

it('a partition that others change again and again is in the report, as left for the next run', async () => {
  const made = await parquetTable(join(await temporaryFolder(), 't'), { k: 'string' });
  for (const key of ['b', 'a']) await made.add(`SELECT '${key}' AS k`);
  const rival = await DeltaTable.open(made.store, { checkpoints: PARQUET_CHECKPOINTS });
  const report = await compactTable(made.table, {
    ...OPTIONS,
    step: async (name) => {
      if (name === 'compact:proved') await compactTable(rival, OPTIONS);
    },
  });
  const reason = expect.stringMatching(/changed by others; the next run/);
  expect(report).toEqual({ done: [], failed: [], skipped: [{ partition: null, reason }] });
});
