import { execFile } from 'node:child_process';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DeltaTable } from '../../src/delta/delta-table.ts';
import { S3Store } from '../../src/delta/store/s3-store.ts';
import { PARQUET_CHECKPOINTS } from '../../src/parquet/parquet-checkpoints.ts';
import { verifyTable } from '../../src/query/verify/verify-table.ts';
import { type FakeS3, fakeS3 } from '../support/fake-s3.ts';
import { runSql } from '../support/parquet-table.ts';
import { temporaryFolder } from '../support/program.ts';

const PROCESS = resolve('tests/support/upkeep-process.js');
const PLACE = 's3://lake/t';

function act(name: string, place: string, more: { env?: Record<string, string>; killAt?: number } = {}) {
  const args = [PROCESS, name, place, ...(more.killAt === undefined ? [] : [String(more.killAt)])];
  return new Promise<{ signal: string; printed: string }>((done, fail) => {
    execFile(process.execPath, args, { env: { ...process.env, ...more.env } }, (error, printed, stderr) => {
      if (stderr !== '') fail(new Error(stderr));
      else done({ signal: error?.signal ?? 'none', printed });
    });
  });
}

/** A table of the rows 2 and 3, with files and commits that are due, and what brings it back as it was. */
async function madeTable(server: FakeS3, folder: string): Promise<() => void> {
  await act('make', folder);
  const made: [string, Buffer, number][] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    made.push([`lake/t${path.slice(folder.length)}`, await readFile(path), (await stat(path)).mtimeMs]);
  }
  return () => {
    server.objects.clear();
    server.writtenMs.clear();
    for (const [key, bytes, writtenMs] of made) {
      server.objects.set(key, bytes);
      server.writtenMs.set(key, writtenMs);
    }
  };
}

function open(server: FakeS3): Promise<DeltaTable> {
  return DeltaTable.open(new S3Store(PLACE, { client: server.client() }), {
    checkpoints: PARQUET_CHECKPOINTS,
  });
}

async function idsOf({ snapshot, store }: DeltaTable): Promise<number[]> {
  const folder = await temporaryFolder();
  const paths: string[] = [];
  for (const [index, name] of [...snapshot.files.keys()].entries()) {
    paths.push(join(folder, `${index}.parquet`));
    await store.download(name, paths[index] ?? '');
  }
  const rows = await runSql(
    `SELECT id::INT FROM read_parquet([${paths.map((path) => `'${path}'`).join()}]) ORDER BY id`,
  );
  return rows.map(([id]) => Number(id));
}

const COMMIT = ['commit:before-put', 'commit:put'];
const PUT = ['put:before-put', 'put:put'];
const UPLOAD = ['upload:begun', 'upload:ended'];
const CASES = {
  checkpoint: ['checkpoint:proved', ...PUT, 'checkpoint:written', ...PUT, 'checkpoint:hinted'],
  cleanup: Array<string>(3).fill('cleanup:deleted'),
  vacuum: [...COMMIT, 'vacuum:started', 'vacuum:deleted', 'vacuum:deleted', ...COMMIT, 'vacuum:ended'],
  compact: [
    'compact:written',
    ...UPLOAD,
    'compact:published',
    'compact:proved',
    ...COMMIT,
    'compact:committed',
  ],
};

describe('on an object store, a process that is killed', () => {
  it.each(Object.entries(CASES))(
    'at any step of %s leaves a table with its rows, and a repeat ends as if nothing had been',
    async (name, steps) => {
      const server = await fakeS3();
      const reset = await madeTable(server, join(await temporaryFolder(), 'made'));
      const env = { ...server.env, CRYPTO_LAKE_CACHE: await temporaryFolder() };
      reset();
      expect(JSON.parse((await act(name, PLACE, { env })).printed)).toEqual(steps);
      const whole = await shapeOf(server);
      for (const [index, step] of steps.entries()) {
        reset();
        expect((await act(name, PLACE, { env, killAt: index + 1 })).signal, step).toBe('SIGKILL');
        await expectSound(server, step);
        await act(name, PLACE, { env });
        await expectSound(server, step);
        expect(await shapeOf(server), step).toEqual(whole);
      }
    },
    120_000,
  );

  it('at any step of a copy leaves a version that is whole or none, and a repeat goes on', async () => {
    const server = await fakeS3();
    const from = join(await temporaryFolder(), 'made');
    await act('make', from);
    const env = { ...server.env, CRYPTO_LAKE_CACHE: await temporaryFolder(), COPY_FROM: from };
    const steps = JSON.parse((await act('copy', PLACE, { env })).printed) as string[];
    expect(new Set(steps)).toEqual(new Set([...UPLOAD, ...COMMIT, ...PUT]));
    const whole = new Map(server.objects);
    expect(await idsOf(await open(server))).toEqual([2, 3]);
    const kills = steps.flatMap((step, at) =>
      [steps.indexOf(step), steps.lastIndexOf(step)].includes(at) ? [at] : [],
    );
    for (const at of kills) {
      server.objects.clear();
      expect((await act('copy', PLACE, { env, killAt: at + 1 })).signal, steps[at]).toBe('SIGKILL');
      const names = [...server.objects.keys()];
      // Commits are last: what can be read has all of its files.
      if (names.some((name) => name.includes('_delta_log/')))
        expect(names, steps[at]).toEqual(
          expect.arrayContaining([...whole.keys()].filter((name) => !name.includes('_delta_log/'))),
        );
      await act('copy', PLACE, { env });
      expect(new Map([...server.objects].sort()), steps[at]).toEqual(new Map([...whole].sort()));
    }
  }, 120_000);
});

async function expectSound(server: FakeS3, step: string): Promise<void> {
  const table = await open(server);
  expect(await idsOf(table), step).toEqual([2, 3]);
  const findings = await verifyTable(table, new AbortController().signal);
  expect(
    findings.filter(({ severity }) => severity === 'damage'),
    step,
  ).toEqual([]);
}

/** What a table is, whatever its new files are called. */
async function shapeOf(server: FakeS3): Promise<unknown> {
  const { snapshot, checkpointVersion, store } = await open(server);
  const names = [...server.objects.keys()];
  return {
    live: snapshot.files.size,
    made: names.filter((name) => /\/(part-\d|orphan)\.parquet$/.test(name)),
    oldest: (await store.listNames('_delta_log')).find((name) => name.endsWith('.json')),
    checkpoint: checkpointVersion,
  };
}
