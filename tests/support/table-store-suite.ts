/** The same sentences for every kind of store: a disk, memory, an object store. */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { writeCheckpoint } from '../../src/delta/checkpoint/write-checkpoint.ts';
import { DeltaTable } from '../../src/delta/delta-table.ts';
import { readHistory } from '../../src/delta/log/history.ts';
import { cleanUpLog } from '../../src/delta/maintenance/log-cleanup.ts';
import { restoreTable } from '../../src/delta/maintenance/restore.ts';
import { vacuumTable } from '../../src/delta/maintenance/vacuum.ts';
import type { TableStore } from '../../src/delta/store/table-store.ts';
import { PARQUET_CHECKPOINTS } from '../../src/parquet/parquet-checkpoints.ts';
import { append, makeTable, remove } from './delta.ts';

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'crypto-lake-store-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

const ODD_NAMES = ['date=2026-11-28/ü+ %20&"#?.parquet', "币安/a=b;c,d!(e)*'f.parquet", '~[1].parquet'];

/** What every store has to do for the tables on it. */
export function tableStoreSuite(place: string, open: () => Promise<TableStore>): void {
  describe(`a table on ${place}`, () => {
    it('gives back what was put, by names of any Unicode', async () => {
      const store = await open();
      for (const name of ODD_NAMES) await store.put(name, Buffer.from(name));
      for (const name of ODD_NAMES) expect(Buffer.from((await store.read(name)) ?? []).toString()).toBe(name);
      const listed = await store.list('', { recursive: true });
      expect(listed.map(({ name }) => name).sort()).toEqual([...ODD_NAMES].sort());
      expect(listed.every(({ modifiedMs }) => Math.abs(Date.now() - modifiedMs) < 60_000)).toBe(true);
      expect(await store.read('absent')).toBeUndefined();
      for (const name of ODD_NAMES) await store.delete(name);
      await store.delete('absent');
      expect(await store.list('', { recursive: true })).toEqual([]);
    });

    it('lists one folder in byte order from a name on, without what is below', async () => {
      const store = await open();
      const names = [
        '_delta_log/1.json',
        '_delta_log/10.json',
        '_delta_log/2.json',
        '_delta_log/é',
        '_delta_log/sub/9',
      ];
      for (const name of [...names, '_delta_log2', 'x']) await store.put(name, Buffer.from('x'));
      expect(await store.listNames('_delta_log')).toEqual(names.slice(0, 4));
      expect(await store.listNames('_delta_log', '10')).toEqual(names.slice(1, 4));
      expect(await store.listNames('_delta_log', '2.json')).toEqual(names.slice(2, 4));
      expect(await store.listNames('none')).toEqual([]);
    });

    it('gives an entry to one of those who create it at once', async () => {
      const store = await open();
      const puts = Array.from({ length: 8 }, (_, index) =>
        store.putIfAbsent('_delta_log/x', Buffer.from(`${index}`)),
      );
      const outcomes = await Promise.all(puts);
      expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1);
      const winner = Buffer.from((await store.read('_delta_log/x')) ?? []).toString();
      expect(outcomes[Number(winner)]).toBe('created');
    });

    it('takes files of this machine and gives them back, small and large', async () => {
      const store = await open();
      const place = await folder();
      for (const size of [0, 1000, 17 * 2 ** 20]) {
        const bytes = Buffer.alloc(size, 'abc');
        await writeFile(join(place, 'in'), bytes);
        expect(await store.moveIn('d=1/file', join(place, 'in'))).toBe(size);
        await expect(stat(join(place, 'in'))).rejects.toThrow('ENOENT');
        await store.download('d=1/file', join(place, `out-${size}`));
        expect((await readFile(join(place, `out-${size}`))).equals(bytes)).toBe(true);
        await store.delete('d=1/file');
      }
      await expect(store.download('d=1/file', join(place, 'none'))).rejects.toThrow('is missing');
    });

    it('is a Delta table: commits, checkpoints, history, restore, vacuum and cleaning of the log', async () => {
      const store = await open();
      const retention = { 'delta.logRetentionDuration': 'interval 0 seconds' };
      const table = await makeTable(store, { 'delta.checkpointInterval': '3', ...retention });
      for (const name of ['a', 'b', 'c']) {
        await store.put(name, Buffer.from(name));
        await append(table, [name], { appId: 'x', version: table.version + 1 });
      }
      await remove(table, ['a']);
      expect(await writeCheckpoint(table, { nowMs: Date.now() })).toBe(4);
      await append(table, ['d']);
      const opened = await DeltaTable.open(store, { checkpoints: PARQUET_CHECKPOINTS });
      expect([opened.version, opened.checkpointVersion, opened.txnVersion('x')]).toEqual([5, 4, 3]);
      expect([...opened.snapshot.files.values()].map(({ path }) => path).sort()).toEqual(['b', 'c', 'd']);
      expect((await readHistory(store, 10)).map(({ version }) => version)).toEqual([5, 4, 3, 2, 1, 0]);
      await restoreTable(opened, 3);
      expect([...(await table.refresh()).files.keys()].length).toBe(3);
      await remove(table, ['b']);
      const options = { nowMs: Date.now() + 10 * 86_400_000, dryRun: false, retentionMs: 0, force: true };
      expect((await vacuumTable(table, options)).files).toEqual(['b']);
      expect(await store.read('b')).toBeUndefined();
      await writeCheckpoint(table, { nowMs: Date.now(), force: true });
      const cleaned = await cleanUpLog(table, Date.now() + 10 * 86_400_000);
      expect(cleaned.length).toBeGreaterThan(3);
      expect((await DeltaTable.open(store, { checkpoints: PARQUET_CHECKPOINTS })).version).toBe(
        table.version,
      );
    });

    it('loses and doubles no commit of many writers at once', async () => {
      const store = await open();
      await makeTable(store);
      const writers = Array.from({ length: 4 }, async (_, writer) => {
        const table = await DeltaTable.open(store, { checkpoints: PARQUET_CHECKPOINTS });
        for (let number = 0; number < 5; number++) await append(table, [`${writer}-${number}`]);
      });
      await Promise.all(writers);
      const { version, snapshot } = await DeltaTable.open(store, { checkpoints: PARQUET_CHECKPOINTS });
      expect([version, snapshot.files.size]).toEqual([20, 20]);
    });
  });
}
