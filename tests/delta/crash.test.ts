import { execFile } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeCheckpoint } from '../../src/delta/checkpoint/write-checkpoint.ts';
import { DeltaTable } from '../../src/delta/delta-table.ts';
import { cleanUpLog } from '../../src/delta/maintenance/log-cleanup.ts';
import { vacuumTable } from '../../src/delta/maintenance/vacuum.ts';
import { LocalStore } from '../../src/delta/store/local-store.ts';
import { PARQUET_CHECKPOINTS } from '../../src/parquet/parquet-checkpoints.ts';
import { verifyTable } from '../../src/query/verify/verify-table.ts';
import { runSql } from '../support/parquet-table.ts';
import { temporaryFolder } from '../support/program.ts';

const PROCESS = resolve('tests/support/upkeep-process.js');

function act(name: string, folder: string, killAt?: number): Promise<{ signal: string; printed: string }> {
  const args = [PROCESS, name, folder, ...(killAt === undefined ? [] : [String(killAt)])];
  return new Promise((done) => {
    execFile(process.execPath, args, (error, printed, stderr) => {
      if (stderr !== '') throw new Error(stderr);
      done({ signal: error?.signal ?? 'none', printed });
    });
  });
}

async function idsOf({ snapshot, store }: DeltaTable): Promise<number[]> {
  const paths = [...snapshot.files.keys()].map((name) => `'${store.enginePath(name)}'`);
  const rows = await runSql(`SELECT id::INT FROM read_parquet([${paths.join()}]) ORDER BY id`);
  return rows.map(([id]) => Number(id));
}

const damage = async (table: DeltaTable) =>
  (await verifyTable(table, new AbortController().signal)).filter(({ severity }) => severity === 'damage');

const COMMIT = ['commit:temp-written', 'commit:linked'];
const PUT = ['put:temp-written', 'put:renamed'];
const CASES = [
  { name: 'append', steps: COMMIT, again: async () => undefined },
  {
    name: 'checkpoint',
    steps: ['checkpoint:proved', ...PUT, 'checkpoint:written', ...PUT, 'checkpoint:hinted'],
    again: (table: DeltaTable) => writeCheckpoint(table, { nowMs: Date.now(), force: true }),
  },
  {
    name: 'cleanup',
    steps: Array(3).fill('cleanup:deleted'),
    again: (table: DeltaTable) => cleanUpLog(table, Date.now()),
  },
  {
    name: 'vacuum',
    steps: [...COMMIT, 'vacuum:started', 'vacuum:deleted', 'vacuum:deleted', ...COMMIT, 'vacuum:ended'],
    again: (table: DeltaTable) => vacuumTable(table, { nowMs: Date.now(), dryRun: false }),
  },
];

describe('a process that is killed', () => {
  it.each(CASES)(
    'at any step of $name leaves a table that opens with its rows, and that a repeat brings to the end',
    async ({ name, steps, again }) => {
      const folder = await temporaryFolder();
      await act('make', join(folder, 'made'));
      await cp(join(folder, 'made'), join(folder, 'whole'), { recursive: true, preserveTimestamps: true });
      expect(JSON.parse((await act(name, join(folder, 'whole'))).printed)).toEqual(steps);
      const left = await listing(join(folder, 'whole'));
      for (const [index, step] of steps.entries()) {
        const copy = join(folder, `${index}`);
        await cp(join(folder, 'made'), copy, { recursive: true, preserveTimestamps: true });
        expect((await act(name, copy, index + 1)).signal, step).toBe('SIGKILL');
        const expected = step === 'commit:linked' && name === 'append' ? [2, 3, 4] : [2, 3];
        const light = await DeltaTable.open(new LocalStore(copy), { checkpoints: PARQUET_CHECKPOINTS });
        const table = await DeltaTable.open(new LocalStore(copy), { checkpoints: PARQUET_CHECKPOINTS });
        expect([...light.snapshot.files], step).toEqual([...table.snapshot.files]);
        expect(await idsOf(table), step).toEqual(expected);
        expect(await damage(table), step).toEqual([]);
        await again(table);
        if (name === 'append') await act(name, copy);
        expect(await listing(copy), step).toEqual(left);
      }
    },
    60_000,
  );
});

/** Data files that are there, and the oldest commit. */
async function listing(folder: string): Promise<unknown> {
  const store = new LocalStore(folder);
  const table = await DeltaTable.open(store, { checkpoints: PARQUET_CHECKPOINTS });
  return {
    live: [...table.snapshot.files.keys()],
    files: await store.listNames(''),
    oldest: (await store.listNames('_delta_log')).find((name) => name.endsWith('.json')),
    checkpoint: table.checkpointVersion,
  };
}
