import { appendFile, mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeCheckpoint } from '../../src/delta/checkpoint/write-checkpoint.ts';
import { checkpointName, commitName } from '../../src/delta/log/log-path.ts';
import { LocalStore } from '../../src/delta/store/local-store.ts';
import type { Check } from '../../src/doctor/check.ts';
import { exchangeBans } from '../../src/doctor/routes/exchange-bans.ts';
import { runCheck } from '../../src/doctor/run-check.ts';
import { spoolLeftOver } from '../../src/doctor/spool/spool-left-over.ts';
import { checkpointAge } from '../../src/doctor/tables/checkpoint-age.ts';
import { dataFiles } from '../../src/doctor/tables/data-files.ts';
import { logHealth } from '../../src/doctor/tables/log-health.ts';
import { openTables } from '../../src/doctor/tables/opened-tables.ts';
import { orphans } from '../../src/doctor/tables/orphans.ts';
import { smallFiles } from '../../src/doctor/tables/small-files.ts';
import { PARQUET_CHECKPOINTS } from '../../src/parquet/parquet-checkpoints.ts';
import { segmentPath } from '../../src/spool/segments/segment-file.ts';
import { setAside } from '../../src/spool/segments/set-aside.ts';
import { Spool } from '../../src/spool/segments/spool.ts';
import { saveBan } from '../../src/spool/state/bans.ts';
import { acquireLock } from '../../src/spool/state/lock.ts';
import { append, fakeFile, makeTable } from '../support/delta.ts';
import { parquetTable } from '../support/parquet-table.ts';
import { temporaryFolder } from '../support/program.ts';
import { frame } from '../support/spool-records.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const run = (check: Check) => runCheck(check, new AbortController().signal);
const prices = (lake: string) => new LocalStore(join(lake, 'prices'));

it('data files that are gone or cut are named', async () => {
  const lake = await temporaryFolder();
  const { store, add } = await parquetTable(join(lake, 'prices'), { symbol: 'string' });
  const [first, second] = [await add("SELECT 'A' AS symbol"), await add("SELECT 'B' AS symbol")];
  const files = dataFiles(
    () => openTables(lake),
    (table) => `verify ${table}`,
  );
  expect(await run(files)).toEqual({ status: 'ok', text: 'prices 2' });
  await appendFile(store.enginePath(first), 'x');
  const text = `prices: \`${first}\` is not there, or not whole`;
  expect(await run(files)).toMatchObject({
    status: 'fail',
    text,
    fix: expect.stringMatching(/^verify prices /),
  });
  await rm(store.enginePath(second));
  expect(await run(files)).toMatchObject({ status: 'fail', text: `${text}, and 1 more` });
});

describe('logs', () => {
  const logs = (lake: string) =>
    logHealth(
      () => openTables(lake),
      (table) => `verify ${table}`,
    );

  it('are whole, checkpoints included', async () => {
    const lake = await temporaryFolder();
    expect(await run(logs(lake))).toMatchObject({ status: 'skipped' });
    const table = await makeTable(prices(lake));
    await append(table, ['a']);
    await writeCheckpoint(table, { nowMs: Date.now(), force: true });
    await append(table, ['b']);
    expect(await run(logs(lake))).toEqual({ status: 'ok', text: 'prices whole at version 2' });
  });

  it('fail when a commit is missing or torn, and name it', async () => {
    const lake = await temporaryFolder();
    const table = await makeTable(prices(lake));
    await append(table, ['a']);
    await append(table, ['b']);
    await makeTable(new LocalStore(join(lake, 'sound')));
    await rm(join(lake, 'prices', commitName(1)));
    expect(await run(logs(lake))).toMatchObject({
      status: 'fail',
      text: expect.stringMatching(/^prices cannot be opened: .*missing version 1$/),
      fix: expect.stringContaining('backup'),
    });
    await writeFile(join(lake, 'prices', commitName(1)), '{"add":{"pa');
    expect(await run(logs(lake))).toMatchObject({
      status: 'fail',
      text: expect.stringContaining('0001.json'),
    });
  });

  it('fail when a checkpoint says something else than the commits', async () => {
    const lake = await temporaryFolder();
    const table = await makeTable(prices(lake));
    await append(table, ['a', 'b']);
    const { protocol, metadata } = table.snapshot;
    const short = [{ protocol }, { metaData: metadata }, { add: fakeFile('a') }];
    await writeFile(table.store.enginePath(checkpointName(1)), await PARQUET_CHECKPOINTS.encode(short));
    expect(await run(logs(lake))).toMatchObject({
      status: 'fail',
      text: expect.stringMatching(/checkpoint.*it lacks 1 files/),
      fix: expect.stringContaining('verify prices'),
    });
  });

  it('fail when a file stands where a table should be', async () => {
    const lake = await temporaryFolder();
    await writeFile(join(lake, 'prices'), '');
    expect(await run(logs(lake))).toMatchObject({ status: 'fail', fix: 'move the file away' });
  });
});

describe('upkeep that was not done', () => {
  it('is seen by the age of the checkpoint', async () => {
    const lake = await temporaryFolder();
    const table = await makeTable(prices(lake), { 'delta.checkpointInterval': '2' });
    const check = checkpointAge(() => openTables(lake), 'compact');
    for (let n = 0; n < 9; n++) await append(table, [String(n)]);
    expect(await run(check)).toEqual({ status: 'ok', text: 'prices 10 commits ago' });
    await append(table, ['one more']);
    expect(await run(check)).toEqual({ status: 'warn', text: 'prices 11 commits ago', fix: 'compact' });
    await writeCheckpoint(table, { nowMs: Date.now(), force: true });
    expect(await run(check)).toEqual({ status: 'ok', text: 'prices 0 commits ago' });
  });

  it('is seen by small files, those that are sorted or merged left out', async () => {
    const lake = await temporaryFolder();
    const table = await makeTable(prices(lake));
    const check = smallFiles(() => openTables(lake), 'compact');
    const names = Array.from({ length: 501 }, (_, n) => `${n}.parquet`);
    await table.commit({
      operation: 'OPTIMIZE',
      adds: names.map((name) => ({ ...fakeFile(`done-${name}`), tags: { ZCUBE_ID: 'x' } })),
      reads: 'nothing',
    });
    await append(table, names.slice(1));
    expect(await run(check)).toEqual({ status: 'ok', text: 'prices 500' });
    await append(table, names.slice(0, 1));
    expect(await run(check)).toEqual({ status: 'warn', text: 'prices 501', fix: 'compact' });
  });

  it('is seen by orphans that vacuum may take; those of a commit on its way are none', async () => {
    const lake = await temporaryFolder();
    const table = await makeTable(prices(lake));
    await append(table, ['live.parquet']);
    const check = orphans(() => openTables(lake), Date.now(), 'vacuum');
    const put = async (name: string, ageMs: number) => {
      const path = join(lake, 'prices', name);
      await writeFile(path, 'x'.repeat(300_000));
      const then = new Date(Date.now() - ageMs);
      await utimes(path, then, then);
    };
    await put('live.parquet', 30 * DAY_MS);
    await put('on-its-way.parquet', 60_000);
    expect(await run(check)).toEqual({ status: 'ok', text: 'prices 0' });
    await put('young.parquet', 2 * HOUR_MS);
    expect(await run(check)).toEqual({ status: 'ok', text: 'prices 1 (300 kB)' });
    await put('old.parquet', 9 * DAY_MS);
    expect(await run(check)).toEqual({ status: 'warn', text: 'prices 2 (600 kB)', fix: 'vacuum' });
  });
});

describe('the spool', () => {
  const spool = (lake: string) =>
    spoolLeftOver(join(lake, '_spool'), {
      collect: (source) => `collect ${source}`,
      takeBack: 'take them back',
    });
  const fill = async (lake: string, source: string, segments: number) => {
    const folder = join(lake, '_spool', source);
    await mkdir(folder, { recursive: true });
    for (let n = 0; n < segments; n++) {
      const opened = await Spool.open({ folder, floorSegment: 0, onStateChange: () => undefined });
      await opened.append(frame('x'.repeat(1000)));
      await opened.close();
    }
    return folder;
  };

  it('is reported when segments wait and nobody collects', async () => {
    const lake = await temporaryFolder();
    expect(await run(spool(lake))).toMatchObject({ status: 'skipped' });
    await fill(lake, '.derive', 2); // of a task that collects nothing
    expect(await run(spool(lake))).toMatchObject({ status: 'skipped' });
    await fill(lake, 'prices', 0);
    expect(await run(spool(lake))).toMatchObject({ status: 'ok', text: expect.stringContaining('prices') });
    await fill(lake, 'liquidations', 2);
    expect(await run(spool(lake))).toEqual({
      status: 'warn',
      text: 'liquidations: 2 segments left (3 kB), and nobody collects',
      fix: 'collect liquidations',
    });
  });

  it('says that segments are set aside, and how they come back', async () => {
    const lake = await temporaryFolder();
    const folder = await fill(lake, 'liquidations', 2);
    await setAside(folder, 1, 'superseded');
    expect(await run(spool(lake))).toEqual({
      status: 'warn',
      text: 'liquidations: 1 segment is set aside, and may not be stored',
      fix: 'take them back',
    });
  });

  it('names the process that collects, and warns when the tables do not take what it has', async () => {
    const lake = await temporaryFolder();
    const folder = await fill(lake, 'liquidations', 1);
    const lock = await acquireLock(folder, { purpose: 'test', waitMs: 0 });
    expect(await run(spool(lake))).toMatchObject({
      status: 'ok',
      text: expect.stringContaining(`process ${process.pid} collects (no heartbeat), 1 segment in`),
    });
    await fill(lake, 'liquidations', 10);
    expect(await run(spool(lake))).toMatchObject({
      status: 'warn',
      text: expect.stringContaining('11 segments'),
    });
    await lock.release();
  });

  it('does not believe the lock of a process that is dead', async () => {
    const lake = await temporaryFolder();
    const folder = await fill(lake, 'liquidations', 1);
    const lock = await acquireLock(folder, { purpose: 'test', waitMs: 0 });
    const text = (await readFile(join(folder, 'lock'), 'utf8')).replace(
      `"pid":${process.pid}`,
      '"pid":4194303',
    );
    await lock.release();
    await writeFile(join(folder, 'lock'), text);
    expect(await run(spool(lake))).toMatchObject({ status: 'warn', fix: 'collect liquidations' });
  });

  it('fails when a segment cannot be read at all', async () => {
    const lake = await temporaryFolder();
    const folder = await fill(lake, 'prices', 1);
    const [name] = (await readdir(folder)).filter((entry) => entry.endsWith('.segment'));
    await writeFile(join(folder, String(name)), 'x'.repeat(500));
    expect(await run(spool(lake))).toMatchObject({
      status: 'fail',
      text: expect.stringContaining(segmentPath(folder, 1)),
      fix: expect.stringContaining('check the disk'),
    });
  });
});

describe('bans', () => {
  it('that hold are reported with the time that is left; old ones and a damaged file are none', async () => {
    const lake = await temporaryFolder();
    const nowMs = Date.now();
    const check = exchangeBans(join(lake, '_spool'), nowMs);
    expect(await run(check)).toMatchObject({ status: 'ok' });
    await saveBan(join(lake, '_spool'), 'old.example', { untilMs: nowMs - 1, reason: '429: x' });
    expect(await run(check)).toMatchObject({ status: 'ok' });
    await saveBan(join(lake, '_spool'), 'api.example', {
      untilMs: nowMs + 11.5 * 60_000,
      reason: '418: banned',
    });
    expect(await run(check)).toMatchObject({
      status: 'fail',
      text: 'api.example must not be asked for 12 min: 418: banned',
      fix: expect.stringContaining(new Date(nowMs + 11.5 * 60_000).toISOString()),
    });
    await appendFile(join(lake, '_spool', 'bans.json'), '}');
    expect(await run(check)).toMatchObject({ status: 'ok' });
  });
});
