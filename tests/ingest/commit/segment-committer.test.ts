import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createSystemClock } from '../../../src/base/clock.ts';
import { SegmentCommitter } from '../../../src/ingest/commit/segment-committer.ts';
import { openLakeTable } from '../../../src/lake/open-lake-table.ts';
import { COVERAGE_TABLE } from '../../../src/lake/tables/coverage.ts';
import { LIQUIDATION_TABLE } from '../../../src/lake/tables/liquidation.ts';
import { QUARANTINE_TABLE } from '../../../src/lake/tables/quarantine.ts';
import { Spool } from '../../../src/spool/segments/spool.ts';
import { spoolFolder } from '../../../src/spool/state/spool-folder.ts';
import { query, temporaryFolder } from '../../support/program.ts';
import { frameAt, orderText, SECOND_US, tickAt } from '../../support/segment.ts';

it('a segment becomes one commit a table that knows its number: data, quarantine, then coverage, and is deleted only then', async () => {
  const lake = await temporaryFolder();
  const target = {
    lake,
    spool: join(lake, '_spool'),
    source: 'liquidations',
    appId: 'x',
    duplicateWindowMs: 60_000,
  } as const;
  const folder = spoolFolder(join(lake, '_spool'), 'liquidations');
  const spool = await Spool.open({ folder, floorSegment: 6, onStateChange: () => undefined });
  for (const record of [tickAt(0), frameAt(1, orderText()), frameAt(2, '{"bad'), tickAt(1_000_000)])
    await spool.append(record);
  expect(await spool.close()).toBe(7);
  const tables = async () =>
    Promise.all(
      [LIQUIDATION_TABLE, QUARANTINE_TABLE, COVERAGE_TABLE].map(async (definition) => {
        const { snapshot } = await openLakeTable(lake, definition);
        return [snapshot.version, snapshot.files.size] as const;
      }),
    );
  const store = new SegmentCommitter(createSystemClock());
  await store.open(target);
  const [version] = (await tables())[0] ?? [];
  // Quarantine cannot be written: the data before it is there, coverage after it claims nothing.
  const data = join(lake, 'quarantine', 'date=2026-10-08');
  await writeFile(data, 'in the way');
  await expect(store.store(target, 7)).rejects.toThrow();
  expect((await tables()).map(([, files]) => files)).toEqual([1, 0, 0]);
  expect(await readdir(folder)).toContain('0000000007.segment');
  await rm(data);
  expect((await store.store(target, 7)).rows).toEqual({ liquidation: 0, quarantine: 1, coverage: 2 });
  expect((await tables()).map(([now, files]) => [Number(now) - Number(version), files])).toEqual([
    [1, 1],
    [1, 1],
    [1, 1],
  ]);
  expect(await store.open(target)).toBe(7);
  expect(await readdir(folder)).not.toContain('0000000007.segment');
});

it('a segment that was stored, but whose answer got lost with its thread, is no lost one', async () => {
  const lake = await temporaryFolder();
  const target = {
    lake,
    spool: join(lake, '_spool'),
    source: 'liquidations',
    appId: 'x',
    duplicateWindowMs: 60_000,
  } as const;
  const folder = spoolFolder(join(lake, '_spool'), 'liquidations');
  const spool = await Spool.open({ folder, floorSegment: 0, onStateChange: () => undefined });
  for (const record of [tickAt(0), frameAt(1, orderText()), tickAt(1_000_000)]) await spool.append(record);
  expect(await spool.close()).toBe(1);
  const first = await new SegmentCommitter(createSystemClock()).store(target, 1);
  expect(first.rows).toMatchObject({ liquidation: 1, coverage: 2 });
  expect(await readdir(folder)).not.toContain('0000000001.segment');
  const again = new SegmentCommitter(createSystemClock());
  expect(await again.store(target, 1)).toMatchObject({ segment: 1, rows: {}, duplicates: 0 });
  // One that no table knows is.
  await expect(again.store(target, 2)).rejects.toMatchObject({ code: 'SPOOL_MISSING' });
});

it('tables that are gone from under their process are not begun anew, by another thread neither, and a segment waits for them', async () => {
  const folder = await temporaryFolder();
  const lake = join(folder, 'lake');
  const spools = join(folder, 'spool');
  const target = {
    lake,
    spool: spools,
    source: 'liquidations',
    appId: 'x',
    duplicateWindowMs: 60_000,
  } as const;
  const spool = await Spool.open({
    folder: spoolFolder(spools, 'liquidations'),
    floorSegment: 0,
    onStateChange: () => undefined,
  });
  for (const record of [tickAt(0), frameAt(1, orderText()), tickAt(1_000_000)]) await spool.append(record);
  expect(await spool.close()).toBe(1);
  const store = new SegmentCommitter(createSystemClock());
  await store.open(target);
  await rename(lake, join(folder, 'elsewhere'));
  await mkdir(lake);
  const gone = {
    code: 'LAKE_NOT_FOUND',
    message: expect.stringContaining('is gone from under this process'),
  };
  await expect(store.store(target, 1)).rejects.toMatchObject(gone);
  await expect(store.store(target, 1)).rejects.toMatchObject(gone);
  const successor = new SegmentCommitter(createSystemClock());
  await expect(successor.open({ ...target, isKnown: true })).rejects.toMatchObject(gone);
  expect(await readdir(lake)).toEqual([]);
  await rm(lake, { recursive: true });
  await rename(join(folder, 'elsewhere'), lake);
  // The spool is away, its folder and all: the segment comes back with it.
  await rename(spools, join(folder, 'spool-elsewhere'));
  await expect(store.store(target, 1)).rejects.toMatchObject(gone);
  await rename(join(folder, 'spool-elsewhere'), spools);
  expect((await store.store(target, 1)).rows).toEqual({ liquidation: 1, quarantine: 0, coverage: 2 });
});

it('a segment whose coverage was refused after its rows were stored counts its duplicates and misses as if it had not been', async () => {
  const lake = await temporaryFolder();
  const spools = join(lake, '_spool');
  const target = {
    lake,
    spool: spools,
    source: 'liquidations',
    appId: 'x',
    duplicateWindowMs: 60_000,
  } as const;
  const spool = await Spool.open({
    folder: spoolFolder(spools, 'liquidations'),
    floorSegment: 0,
    onStateChange: () => undefined,
  });
  for (let second = 0; second <= 14; second++) {
    await spool.append(tickAt(second * SECOND_US, 'ws-1'));
    await spool.append(tickAt(second * SECOND_US, 'ws-2'));
    if (second === 2) await spool.append(frameAt(second * SECOND_US, orderText(), 'ws-1'));
  }
  expect(await spool.close()).toBe(1);
  const store = new SegmentCommitter(createSystemClock());
  await store.open(target);
  const inTheWay = join(lake, 'coverage', 'date=2026-10-08');
  await writeFile(inTheWay, '');
  await expect(store.store(target, 1)).rejects.toThrow();
  await rm(inTheWay);
  expect(await store.store(target, 1)).toMatchObject({ rows: { liquidation: 0 }, duplicates: 0 });
  const sql = 'SELECT connection, max(missed)::INT AS missed FROM coverage GROUP BY 1 ORDER BY 1';
  expect(await query(lake, sql)).toEqual([
    { connection: 'ws-1', missed: 0 },
    { connection: 'ws-2', missed: 1 },
  ]);
});
