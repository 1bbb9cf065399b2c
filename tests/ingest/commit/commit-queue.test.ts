import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import pino from 'pino';
import { expect, it } from 'vitest';
import { createSystemClock } from '../../../src/base/clock.ts';
import { LakeError } from '../../../src/base/errors.ts';
import { CommitQueue, type CommitQueueOptions } from '../../../src/ingest/commit/commit-queue.ts';
import { SegmentCommitter } from '../../../src/ingest/commit/segment-committer.ts';
import { segmentPath } from '../../../src/spool/segments/segment-file.ts';
import { setAsideIn } from '../../../src/spool/segments/set-aside.ts';
import { Spool } from '../../../src/spool/segments/spool.ts';
import { spoolFolder } from '../../../src/spool/state/spool-folder.ts';
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
  const logged: string[] = [];
  const stored: number[] = [];
  const line = new CommitQueue({
    folder: spoolFolder(join(lake, '_spool'), source),
    source,
    clock,
    log: pino({}, { write: (text: string) => void logged.push(text) }),
    leftover: [],
    store: (segment) => store.store(target, segment),
    onStored: ({ segment }) => stored.push(segment),
    ...change,
  });
  return { line, logged, stored };
}

async function hide(lake: string, segment: number): Promise<() => Promise<void>> {
  const path = segmentPath(spoolFolder(join(lake, '_spool'), source), segment);
  await rename(path, `${path}.away`);
  return () => rename(`${path}.away`, path);
}

const symbolsOf = async (lake: string) =>
  (await query(lake, 'SELECT symbol FROM liquidation ORDER BY ALL')).map(({ symbol }) => symbol);

it('goes past a segment that is gone, and sets it aside when it is there again: it may be stored already', async () => {
  const lake = await lakeWith([0, 'A'], [60, 'B'], [120, 'C']);
  const folder = spoolFolder(join(lake, '_spool'), source);
  const bringBack = await hide(lake, 2);
  const first = lineOf(lake, { leftover: [1, 2, 3] });
  await first.line.end(20_000);
  expect(first.stored).toEqual([1, 3]);
  expect(first.logged.join()).toContain('a segment is skipped: spool segment');
  await bringBack();
  const second = lineOf(lake, { leftover: [2] });
  await second.line.end(20_000);
  expect(second.stored).toEqual([]);
  expect(second.logged.join()).toContain('spool --take-back');
  expect(await setAsideIn(folder)).toEqual([`${segmentPath(folder, 2)}.superseded`]);
  expect(await symbolsOf(lake)).toEqual(['A', 'C']);
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
  const { line, logged, stored } = lineOf(lake, {
    leftover: [1],
    store: async (segment) => {
      const report = await store.store(target, segment);
      if (++tries === 1) throw new LakeError('INTERNAL', 'the storing thread ended unexpectedly');
      return report;
    },
  });
  await expect.poll(() => stored, { timeout: 20_000 }).toEqual([1]);
  await line.end(1000);
  expect(logged.join()).not.toContain('skipped');
  expect(await symbolsOf(lake)).toEqual(['A']);
});
