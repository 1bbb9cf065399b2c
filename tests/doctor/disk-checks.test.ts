import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LakeError } from '../../src/base/errors.ts';
import { LocalStore } from '../../src/delta/store/local-store.ts';
import { type Check, mergeResults } from '../../src/doctor/check.ts';
import { diskSpace } from '../../src/doctor/disk/disk-space.ts';
import { growthBytesPerDay } from '../../src/doctor/disk/growth.ts';
import { hardLinks } from '../../src/doctor/disk/hard-links.ts';
import { lakeWritable } from '../../src/doctor/disk/lake-writable.ts';
import { nativeParts } from '../../src/doctor/program/native-parts.ts';
import { nodeVersion } from '../../src/doctor/program/node-version.ts';
import { runCheck } from '../../src/doctor/run-check.ts';
import { openTables } from '../../src/doctor/tables/opened-tables.ts';
import { asNobody } from '../support/as-nobody.ts';
import { fakeFile, makeTable } from '../support/delta.ts';
import { temporaryFolder } from '../support/program.ts';

const DAY_MS = 86_400_000;
const run = (check: Check) => runCheck(check, new AbortController().signal);

describe('a check that throws', () => {
  const throwing = (error: unknown): Check => ({
    name: 'x',
    run: () => Promise.reject(error),
  });

  it('is a failure with something to do, not a crash', async () => {
    expect(await run(throwing(new TypeError('no such thing')))).toEqual({
      status: 'fail',
      text: 'no such thing',
      fix: expect.stringContaining('report this'),
    });
  });

  it('hands on the hint of an error that has one', async () => {
    const error = new LakeError('TABLE_DAMAGED', 'broken', { hint: 'bring it back' });
    expect(await run(throwing(error))).toEqual({ status: 'fail', text: 'broken', fix: 'bring it back' });
  });
});

describe('the program', () => {
  it('runs on this Node, and not on an older one', async () => {
    expect(await run(nodeVersion())).toMatchObject({ status: 'ok' });
    expect(await run(nodeVersion('20.19.0'))).toMatchObject({ status: 'ok' });
    expect(await run(nodeVersion('20.9.1'))).toMatchObject({
      status: 'fail',
      text: 'Node 20.9.1; 20.19 or newer is needed',
      fix: expect.stringContaining('nodejs.org'),
    });
  });

  it('has native parts that work', async () => {
    expect(await run(nativeParts())).toMatchObject({
      status: 'ok',
      text: expect.stringMatching(/^Polars \d.* and DuckDB v\d.* work$/),
    });
  });

  it('names the part whose binary is not there', async () => {
    const gone = 'nodejs-polars-of-another-platform';
    expect(await run(nativeParts({ Polars: async () => String(await import(gone)) }))).toMatchObject({
      status: 'fail',
      text: expect.stringContaining(`Polars does not load: `),
      fix: expect.stringContaining('npm ci'),
    });
  });
});

describe('the lake folder', () => {
  it('is written to, synced, and left as it was', async () => {
    const lake = await temporaryFolder();
    expect(await run(lakeWritable(lake, join(lake, '_spool')))).toMatchObject({ status: 'ok' });
    expect(await run(hardLinks(lake))).toMatchObject({ status: 'ok' });
    expect(await readdir(lake)).toEqual([]);
  });

  it('need not be there yet, and is not made', async () => {
    const folder = await temporaryFolder();
    expect(await run(lakeWritable(join(folder, 'a', 'b'), join(folder, 'a', 'b', '_spool')))).toMatchObject({
      status: 'ok',
      text: expect.stringContaining('not there yet'),
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it('fails when it may not be written, or may not be made', async () => {
    const lake = await temporaryFolder();
    await chmod(lake, 0o555);
    for (const folder of [lake, join(lake, 'inside')]) {
      expect(await asNobody(() => run(lakeWritable(folder, join(folder, '_spool'))))).toMatchObject({
        status: 'fail',
        text: `${lake} cannot be written: permission is denied (EACCES)`,
        fix: expect.stringContaining('chown'),
      });
    }
    expect(await asNobody(() => run(hardLinks(lake)))).toMatchObject({ status: 'skipped' });
    await chmod(lake, 0o755);
  });

  it('fails when a table or a spool in it belongs to someone else', async () => {
    const lake = await temporaryFolder();
    await mkdir(join(lake, '_spool', 'prices'), { recursive: true });
    await chmod(join(lake, '_spool', 'prices'), 0o555);
    await chmod(join(lake, '_spool'), 0o777);
    await chmod(lake, 0o777);
    expect(await asNobody(() => run(lakeWritable(lake, join(lake, '_spool'))))).toMatchObject({
      status: 'fail',
      text: expect.stringContaining(join('_spool', 'prices')),
    });
  });

  it('fails when a file stands in its place', async () => {
    const file = join(await temporaryFolder(), 'lake');
    await writeFile(file, '');
    expect(await run(lakeWritable(file, join(file, '_spool')))).toMatchObject({ status: 'fail' });
  });

  it('fails on a file system without hard links', async () => {
    const lake = await temporaryFolder();
    const refuse = () => Promise.reject(Object.assign(new Error('EPERM'), { code: 'EPERM' }));
    expect(await run(hardLinks(lake, refuse))).toMatchObject({
      status: 'fail',
      fix: expect.stringContaining('ext4'),
    });
    expect(await readdir(lake)).toEqual([]);
  });
});

describe('the disk', () => {
  const nowMs = Date.parse('2026-11-21T12:00:00Z');
  /** A table that got `size` bytes on each of the given days. */
  const grown = (createdMs: number, days: readonly string[], size: number) => ({
    metadata: { createdTime: createdMs } as never,
    files: new Map(
      days.map((date) => [date, { ...fakeFile(`${date}.parquet`, size), partitionValues: { date } }]),
    ),
  });
  const lastTen = Array.from({ length: 10 }, (_, n) =>
    new Date(nowMs - n * DAY_MS).toISOString().slice(0, 10),
  );

  it('is measured by what is live of the last seven days and today', () => {
    const old = grown(nowMs - 100 * DAY_MS, lastTen, 1000);
    expect(growthBytesPerDay([old], nowMs)).toBeCloseTo(8000 / 7.5, 6);
    expect(growthBytesPerDay([old, old], nowMs)).toBeCloseTo(16_000 / 7.5, 6);
  });

  it('is measured from the first hour of a young lake on, and not before', () => {
    const today = lastTen.slice(0, 1);
    expect(growthBytesPerDay([grown(nowMs - 3_600_000, today, 1000)], nowMs)).toBeCloseTo(24_000, 6);
    expect(growthBytesPerDay([grown(nowMs - 60_000, today, 1000)], nowMs)).toBeUndefined();
    expect(growthBytesPerDay([], nowMs)).toBeUndefined();
  });

  it.each([
    [37.5 * 1e9, 'ok', /37\.5 GB free; the lake grows by 1\.0 GB a day: 37 days left/],
    [20 * 1e9, 'warn', /20 days left/],
    [2.5 * 1e9, 'fail', /2 days left/],
    [1e8, 'fail', /100\.0 MB free/],
  ])('with %d bytes free is %s', async (free, status, text) => {
    const lake = await temporaryFolder();
    const table = await makeTable(new LocalStore(join(lake, 'prices')));
    const startMs = Number(table.snapshot.metadata.createdTime);
    await table.commit({
      operation: 'WRITE',
      adds: [{ ...fakeFile('a.parquet', 1e9), modificationTime: startMs }],
      reads: 'nothing',
    });
    const check = diskSpace({
      lake,
      tables: () => openTables(lake),
      nowMs: startMs + DAY_MS,
      freeBytes: async () => free,
      fix: 'make room',
    });
    expect(await run(check)).toMatchObject({ status, text: expect.stringMatching(text) });
  });

  it('is asked for real', async () => {
    const lake = await temporaryFolder();
    const check = diskSpace({ lake, tables: () => openTables(lake), nowMs, fix: '' });
    expect((await run(check)).text).toMatch(/^\d+\.\d [MG]B free; how fast the lake grows is not measured/);
  });
});

describe('several results', () => {
  const warn = (text: string, fix: string) => ({ status: 'warn', text, fix }) as const;
  it('are merged to the gravest ones, each way to fix them once', () => {
    const ok = { status: 'ok', text: 'fine' } as const;
    expect(mergeResults([], 'none')).toEqual({ status: 'skipped', text: 'none' });
    expect(mergeResults([ok, ok], '')).toEqual({ status: 'ok', text: 'fine; fine' });
    expect(mergeResults([ok, warn('a', 'x'), warn('b', 'y'), warn('c', 'x')], '')).toEqual(
      warn('a; b; c', 'x; y'),
    );
    expect(mergeResults([warn('a', 'x'), { status: 'fail', text: 'd', fix: 'z' }], '')).toMatchObject({
      text: 'd',
    });
  });
});
