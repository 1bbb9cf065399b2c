import { access, copyFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import pino from 'pino';
import { expect, it } from 'vitest';
import { createSystemClock } from '../../../src/base/clock.ts';
import { LakeError } from '../../../src/base/errors.ts';
import { CommitQueue, type CommitQueueOptions } from '../../../src/ingest/commit/commit-queue.ts';
import { SegmentCommitter } from '../../../src/ingest/commit/segment-committer.ts';
import { spoolFolder } from '../../../src/spool/state/spool-folder.ts';
import { segmentPath } from '../../../src/spool/segments/segment-file.ts';
import { Spool } from '../../../src/spool/segments/spool.ts';
import { query, temporaryFolder } from '../../support/program.ts';
import { frameAt, orderText, SECOND_US, tickAt } from '../../support/segment.ts';

const clock = createSystemClock();
const source = 'liquidations';

/** A lake whose spool has a segment an entry, with an order of each of these symbols, received at that second. */
async function lakeWith(
  ...segments: readonly (readonly [second: number, ...symbols: readonly string[]])[]
): Promise<string> {
  const lake = await temporaryFolder();
  for (const [i, [second, ...symbols]] of segments.entries()) {
    const afterUs = second * SECOND_US;
    const spool = await Spool.open({
      folder: spoolFolder(join(lake, '_spool'), source),
      floorSegment: i,
      onStateChange: () => undefined,
    });
    for (const symbol of symbols) await spool.append(frameAt(afterUs, orderText({ s: symbol })));
    await spool.append(tickAt(afterUs + 1));
    expect(await spool.close()).toBe(i + 1);
  }
  return lake;
}

function lineOf(lake: string, change: Partial<CommitQueueOptions> = {}) {
  const store = new SegmentCommitter(clock);
  const target = {
    lake,
    spool: join(lake, '_spool'),
    source,
    appId: 'x',
    duplicateWindowMs: 10_000,
  } as const;
  const told: string[] = [];
  const stored: number[] = [];
  const line = new CommitQueue({
    spool: join(lake, '_spool'),
    source,
    clock,
    log: pino({}, { write: (text: string) => void told.push(text) }),
    leftover: [],
    store: (segment, passedOver) => store.store(target, segment, passedOver),
    onStored: ({ segment }) => stored.push(segment),
    ...change,
  });
  return { line, told, stored };
}

async function hide(lake: string, segment: number): Promise<() => Promise<void>> {
  const path = segmentPath(spoolFolder(join(lake, '_spool'), source), segment);
  await rename(path, `${path}.away`);
  return () => rename(`${path}.away`, path);
}

const symbolsOf = async (lake: string) =>
  (await query(lake, 'SELECT symbol FROM liquidation ORDER BY ALL')).map(({ symbol }) => symbol);
const isThere = (lake: string, segment: number) =>
  access(segmentPath(spoolFolder(join(lake, '_spool'), source), segment)).then(
    () => true,
    () => false,
  );

it('stores a segment that was away and is there again at a later start, though later ones are stored', async () => {
  // What its neighbours hold too came twice, long before the newest order in the table.
  const lake = await lakeWith([0, 'A', 'B'], [2, 'B', 'C', 'D'], [4, 'D', 'E'], [3600, 'F'], [7200, 'G']);
  const bringBack = await hide(lake, 2);
  const first = lineOf(lake, { leftover: [1, 2, 3, 4, 5] });
  await first.line.end(20_000);
  expect(first.stored).toEqual([1, 3, 4, 5]);
  expect(first.told.join()).toContain('passed over');
  await bringBack();
  const second = lineOf(lake, { leftover: [2] });
  await second.line.end(20_000);
  expect(second.stored).toEqual([2]);
  expect(await symbolsOf(lake)).toEqual(['A', 'B', 'C', 'D', 'E', 'F', 'G']);
  expect(await isThere(lake, 2)).toBe(false);
});

it('stores such a segment once, whichever of two copies of the spool has it', async () => {
  const lake = await lakeWith([0, 'A'], [60, 'B'], [120, 'C']);
  const path = segmentPath(spoolFolder(join(lake, '_spool'), source), 2);
  const bringBack = await hide(lake, 2);
  await lineOf(lake, { leftover: [1, 2, 3] }).line.end(20_000);
  await copyFile(`${path}.away`, `${path}.copy`);
  await bringBack();
  await lineOf(lake, { leftover: [2] }).line.end(20_000);
  await rename(`${path}.copy`, path);
  await lineOf(lake, { leftover: [2] }).line.end(20_000);
  expect(await symbolsOf(lake)).toEqual(['A', 'B', 'C']);
});

it('sets a segment aside that nobody had seen missing: it may be stored already; a number above all others stores it', async () => {
  const lake = await lakeWith([0, 'A'], [60, 'B'], [120, 'C']);
  const path = (segment: number) => segmentPath(spoolFolder(join(lake, '_spool'), source), segment);
  await lineOf(lake, { leftover: [1, 3] }).line.end(20_000);
  const { line, told } = lineOf(lake, { leftover: [2] });
  await line.end(20_000);
  expect(told.join()).toContain('may have it too');
  expect(await symbolsOf(lake)).toEqual(['A', 'C']);
  await rename(`${path(2)}.outrun`, path(9_000_000_001));
  await lineOf(lake, { leftover: [9_000_000_001] }).line.end(20_000);
  expect(await symbolsOf(lake)).toEqual(['A', 'B', 'C']);
});

it('stores it where a table had no rows for the segments that went past it', async () => {
  const lake = await lakeWith([0, 'A'], [60, 'B'], [120], [180, 'C']);
  const bringBack = await hide(lake, 2);
  // The first run commits silence alone, and knows what it passed over; the second one only what the tables say.
  await lineOf(lake, { leftover: [1, 2, 3] }).line.end(20_000);
  await lineOf(lake, { leftover: [4] }).line.end(20_000);
  await bringBack();
  await lineOf(lake, { leftover: [2] }).line.end(20_000);
  expect(await symbolsOf(lake)).toEqual(['A', 'B', 'C']);
});

it('takes a segment back while it runs, as soon as another one is stored', async () => {
  const lake = await lakeWith([0, 'A'], [60, 'B'], [120, 'C'], [180, 'D']);
  const bringBack = await hide(lake, 2);
  const { line, stored } = lineOf(lake, { leftover: [1, 2, 3] });
  await expect.poll(() => stored).toEqual([1, 3]);
  await bringBack();
  line.add(4);
  await line.end(20_000);
  expect(stored).toEqual([1, 3, 4, 2]);
  expect(await symbolsOf(lake)).toEqual(['A', 'B', 'C', 'D']);
});

it('calls no segment lost whose answer alone was lost, whatever the answer was', async () => {
  const lake = await lakeWith([0, 'A']);
  const store = new SegmentCommitter(clock);
  const target = {
    lake,
    spool: join(lake, '_spool'),
    source,
    appId: 'x',
    duplicateWindowMs: 10_000,
  } as const;
  let tries = 0;
  const { line, told, stored } = lineOf(lake, {
    leftover: [1],
    store: async (segment, passedOver) => {
      const report = await store.store(target, segment, passedOver);
      if (++tries === 1) throw new LakeError('INTERNAL', 'the storing thread ended unexpectedly');
      return report;
    },
  });
  await expect.poll(() => stored).toEqual([1]);
  await line.end(1000);
  expect(told.join()).not.toContain('passed over');
  expect(await symbolsOf(lake)).toEqual(['A']);
});
