import { describe, expect, it } from 'vitest';
import type { AddFile } from '../../src/delta/log/actions.ts';
import { MERGED_TAG, planCompaction } from '../../src/upkeep/compaction/plan-compaction.ts';

const HOUR_MS = 3_600_000;
const DAY = '2026-11-01';
const DAY_MS = Date.parse(`${DAY}T00:00:00Z`);
const TARGET_BYTES = 128e6;
const FILES_AN_HOUR = 60;

interface Kept extends AddFile {
  /** How often the rows in it were rewritten, at most. */
  readonly rewrites: number;
}

/** A day's files as they are after each hourly upkeep, until it is sorted. */
function* dayOf(bytesPerFile: number): Generator<{ hour: number; files: readonly Kept[]; merged: number }> {
  let files: Kept[] = [];
  const add = (size: number, atMs: number, rewrites: number, tags?: Record<string, string>) =>
    files.push({
      path: `part-${atMs}-${files.length}`,
      partitionValues: { date: DAY },
      size,
      modificationTime: atMs,
      dataChange: rewrites === 0,
      ...(tags && { tags }),
      rewrites,
    });
  for (let hour = 1; hour <= 51; hour++) {
    for (let file = 0; hour <= 24 && file < FILES_AN_HOUR; file++)
      add(bytesPerFile, DAY_MS + (hour - 1) * HOUR_MS + (file * HOUR_MS) / FILES_AN_HOUR, 0);
    const nowMs = DAY_MS + hour * HOUR_MS + 60_000;
    const { work } = planCompaction({
      files,
      partitionColumns: ['date'],
      clusterBy: ['symbol'],
      curve: 'none',
      targetBytes: TARGET_BYTES,
      nowMs,
      all: false,
      only: undefined,
    });
    const inputs = (work[0]?.inputs ?? []) as readonly Kept[];
    if (inputs.length > 0) {
      files = files.filter((file) => !inputs.includes(file));
      const tags: Record<string, string> =
        work[0]?.mode === 'sort'
          ? { ZCUBE_ID: '1', ZCUBE_ZORDER_BY: '["symbol"]', ZCUBE_ZORDER_CURVE: 'none' }
          : { [MERGED_TAG]: 'true' };
      const size = inputs.reduce((sum, file) => sum + Number(file.size), 0);
      add(size, nowMs, 1 + Math.max(...inputs.map(({ rewrites }) => rewrites)), tags);
    }
    yield { hour, files: [...files], merged: inputs.length };
  }
}

describe('the plan of a day that is collected and closed', () => {
  it('merges each hour into one file, all of them once there are 24, and sorts the day when it is closed', () => {
    const merged = [...dayOf(1000)].map((step) => step.merged);
    expect(merged.slice(0, 23)).toEqual(Array(23).fill(FILES_AN_HOUR));
    expect(merged.slice(23, 25)).toEqual([FILES_AN_HOUR, 24]);
    // Nothing is left to be merged until the day is closed, 26 hours after its end.
    expect(merged.slice(25)).toEqual([...Array(24).fill(0), 1, 0]);
  });

  it.each([1000, 50_000, 400_000])(
    'rewrites a row three times at most, and keeps the files few: %d bytes a minute',
    (bytesPerFile) => {
      const steps = [...dayOf(bytesPerFile)];
      for (const { files } of steps) expect(files.length).toBeLessThanOrEqual(24);
      const [last] = steps.slice(-1);
      expect(last?.files.map(({ rewrites, tags }) => [rewrites <= 3, tags?.ZCUBE_ID])).toEqual([[true, '1']]);
    },
  );

  it('leaves hours alone that are merged to an eighth of the target, until the day is closed', () => {
    const steps = [...dayOf(400_000)];
    expect(steps[30]).toMatchObject({ merged: 0, files: { length: 24 } });
  });
});

describe('the plan of a month of derived rows', () => {
  const plan = (nowMs: number) =>
    planCompaction({
      files: [1, 2].map((file) => ({
        path: `part-${file}`,
        partitionValues: { timeframe: '1h', period: '2026-11-01' },
        size: 1000,
        modificationTime: Date.parse('2026-11-05'),
        dataChange: true,
      })),
      partitionColumns: ['timeframe', 'period'],
      clusterBy: ['symbol'],
      curve: 'none',
      targetBytes: TARGET_BYTES,
      nowMs,
      all: false,
      only: undefined,
    }).work.map(({ mode, partition }) => [mode, partition]);

  it('merges until the month is over, and then sorts', () => {
    expect(plan(Date.parse('2026-11-20'))).toEqual([['merge', '1h/2026-11-01']]);
    expect(plan(Date.parse('2026-12-03'))).toEqual([['sort', '1h/2026-11-01']]);
  });
});
