import { describe, expect, it } from 'vitest';
import { writeCheckpoint } from '../../src/delta/checkpoint/write-checkpoint.ts';
import { DeltaTable } from '../../src/delta/delta-table.ts';
import { nullableField } from '../../src/delta/format/schema.ts';
import { readHistory, versionAt } from '../../src/delta/log/history.ts';
import { commitName } from '../../src/delta/log/log-path.ts';
import { addColumns } from '../../src/delta/maintenance/add-columns.ts';
import { cleanUpLog } from '../../src/delta/maintenance/log-cleanup.ts';
import { restoreTable } from '../../src/delta/maintenance/restore.ts';
import { vacuumTable } from '../../src/delta/maintenance/vacuum.ts';
import { LocalStore } from '../../src/delta/store/local-store.ts';
import type { TableStore } from '../../src/delta/store/table-store.ts';
import { DUCKDB_CHECKPOINTS } from '../../src/parquet/duckdb-checkpoints.ts';
import { PARQUET_CHECKPOINTS } from '../../src/parquet/parquet-checkpoints.ts';
import { append, makeTable, remove } from '../support/delta.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { temporaryFolder } from '../support/program.ts';

const DAY_MS = 86_400_000;

describe('a table on any storage', () => {
  /** All that a table goes through, and what is left of it. */
  async function lifeOf(store: TableStore) {
    const table = await makeTable(store, {
      'delta.checkpointInterval': '2',
      'delta.logRetentionDuration': 'interval 1 day',
      'delta.deletedFileRetentionDuration': 'interval 1 day',
    });
    for (const name of ['a.parquet', 'b.parquet', 'orphan.parquet']) await store.put(name, Buffer.from('x'));
    await append(table, ['a.parquet'], { appId: 'app', version: 1 });
    await append(table, ['b.parquet']);
    const checkpoints = [await writeCheckpoint(table, { nowMs: Date.now() })];
    await append(await DeltaTable.open(store, { checkpoints: PARQUET_CHECKPOINTS }), ['c.parquet']);
    const lost = await append(table, ['late.parquet'], { appId: 'app', version: 1 });
    await addColumns(table, [nullableField('note', 'string')]);
    await restoreTable(table, 2);
    await remove(table, ['a.parquet']);
    checkpoints.push(await writeCheckpoint(table, { nowMs: Date.now() }));
    const then = Date.now() + 5 * DAY_MS;
    const past = [(await table.snapshotAt(3)).files.size, await versionAt(store, then)];
    const history = (await readHistory(store, 99)).map(({ info }) => info.operation);
    const cleaned = await cleanUpLog(table, then);
    const { files } = await vacuumTable(table, { nowMs: then, dryRun: false });
    const opened = [];
    for (const checkpoints of [PARQUET_CHECKPOINTS, DUCKDB_CHECKPOINTS]) {
      const { snapshot, checkpointVersion } = await DeltaTable.open(store, { checkpoints });
      const columns = snapshot.schema.fields.map(({ name }) => name);
      opened.push([
        [...snapshot.files.keys()],
        columns,
        snapshot.txns.get('app')?.version,
        checkpointVersion,
      ]);
    }
    const left = (await store.list('', { recursive: true })).map(({ name }) => name).sort();
    return { lost: lost.kind, checkpoints, past, history, cleaned, files: [...files].sort(), opened, left };
  }

  it('obeys the same rules in memory as on a disk', async () => {
    const inMemory = await lifeOf(new MemoryStore());
    expect(inMemory).toEqual(await lifeOf(new LocalStore(await temporaryFolder())));
    expect(inMemory).toMatchObject({
      lost: 'already-committed',
      checkpoints: [2, 6],
      past: [3, 6],
      files: ['a.parquet', 'orphan.parquet'],
      opened: Array(2).fill([['b.parquet'], ['id', 'symbol'], 1, 6]),
    });
    expect(inMemory.cleaned).toContain(commitName(5));
  });

  it('has each commit once, also in memory', async () => {
    const store = new MemoryStore();
    expect(await store.putIfAbsent('x', Buffer.from('1'))).toBe('created');
    expect(await store.putIfAbsent('x', Buffer.from('2'))).toBe('exists');
  });
});
