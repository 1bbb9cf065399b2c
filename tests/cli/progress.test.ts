import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Io } from '../../src/cli/io.ts';
import { showProgress } from '../../src/cli/progress.ts';
import { statusText } from '../../src/cli/show/status-text.ts';
import { DeltaTable } from '../../src/delta/delta-table.ts';
import { LocalStore } from '../../src/delta/store/local-store.ts';
import { RecoveryProgress } from '../../src/ingest/commit/recovery-progress.ts';
import { PARQUET_CHECKPOINTS } from '../../src/parquet/parquet-checkpoints.ts';
import { verifyTable } from '../../src/query/verify/verify-table.ts';
import { createStatus } from '../../src/services/collector-status.ts';
import { sourceOf } from '../../src/sources/registry.ts';
import { compactTable } from '../../src/upkeep/compaction/compact-table.ts';
import { temporaryFolder } from '../support/program.ts';
import { smallLake } from '../support/small-lake.ts';

describe('the display of long work', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }));
  afterEach(() => void vi.useRealTimers());

  /** What a minute of work, evenly done, shows on stderr. */
  function minuteOf(io: {
    readonly isTTY?: boolean;
    readonly columns?: number;
    readonly quiet?: boolean;
  }): string {
    let written = '';
    const write = (text: string) => {
      written += text;
    };
    const stderr = { isTTY: io.isTTY, columns: io.columns, write };
    const say = (line: string) => write(`${line}\n`);
    const startedMs = performance.now();
    const display = showProgress(
      { quiet: io.quiet ?? false, unicode: false, stderr, say } as unknown as Io,
      () => {
        const share = (performance.now() - startedMs) / 60_000;
        return { share, detail: `${Math.floor(share * 6)} of 6 files`, bytes: share * 6e7 };
      },
    );
    vi.advanceTimersByTime(59_900);
    display.stop();
    return written;
  }

  it('is a bar on a terminal that goes away, no wider than that', () => {
    const frames = minuteOf({ isTTY: true, columns: 40 }).split('\r\x1b[2K');
    expect(frames.slice(1, 3)).toEqual([
      '.................... 1 %  about 60 s le',
      '.................... 1 %  about 59 s le',
    ]);
    expect(frames[120]).toBe('##########.......... 50 %  about 30 s l');
    expect(frames.at(-1)).toBe('');
    expect(minuteOf({ isTTY: true, columns: 80 })).toContain(
      ' 50 %  about 30 s left, 1.0 MB/s, 3 of 6 files\r',
    );
  });

  it('is a line now and then in a log', () => {
    expect(minuteOf({})).toBe('##########.......... 50 %  about 30 s left, 1.0 MB/s, 3 of 6 files\n');
  });

  it('is silent with --quiet', () => {
    expect(minuteOf({ isTTY: true, quiet: true })).toBe('');
  });
});

describe('what is reported while work goes on', () => {
  it('compaction and verification tell partitions, files and bytes', async () => {
    const lake = await temporaryFolder();
    await smallLake(lake);
    const table = await DeltaTable.open(new LocalStore(join(lake, 'liquidation')), {
      checkpoints: PARQUET_CHECKPOINTS,
    });
    const { signal } = new AbortController();
    const files: number[] = [];
    await verifyTable(table, signal, { onFile: (progress) => files.push(progress.files, progress.bytes) });
    expect(files).toEqual([0, 0]);
    const reported: object[] = [];
    await compactTable(table, {
      clusterBy: ['symbol'],
      curve: 'none',
      targetBytes: 1e8,
      memoryBytes: 1e9,
      nowMs: Date.now(),
      all: true,
      only: undefined,
      dryRun: true,
      signal,
      onPartition: ({ bytesDone, ...progress }) =>
        void reported.push({ ...progress, bytesDone: bytesDone() }),
    });
    const [add] = table.snapshot.files.values();
    expect(reported).toEqual([{ done: 0, planned: 1, bytesDone: 0, bytesPlanned: Number(add?.size) }]);
  });

  it('recovery of a spool tells segments and the time left: in the log each 30 s, in the status line always', () => {
    let nowMs = 0;
    const log: string[] = [];
    const info = (_: object, text: string) => void log.push(text);
    const clock = { monotonicMs: () => nowMs, nowUs: () => 0 } as never;
    const recovery = new RecoveryProgress({ source: 'prices', segments: 4, clock, log: { info } as never });
    const status = createStatus(sourceOf('prices'), 0);
    const shown = () => statusText([{ ...status, recovery: recovery.state }], 0);
    expect(shown()).toContain('earlier segments ░░░░░░░░░░░░░░░░░░░░ 0 of 4 ·');
    for (const ms of [20_000, 40_000, 60_000, 80_000, 99_000]) {
      nowMs = ms;
      recovery.oneStored();
      if (ms === 40_000)
        expect(shown()).toContain('earlier segments ██████████░░░░░░░░░░ 2 of 4, 40 s left ·');
    }
    expect(shown()).not.toContain('earlier');
    expect(log).toEqual([
      'storing what an earlier run left in the spool',
      'stored 2 of 4 segments of an earlier run, about 40 s left',
      'all that an earlier run left is stored',
    ]);
    new RecoveryProgress({ source: 'prices', segments: 0, clock, log: { info } as never }).oneStored();
    expect(log).toHaveLength(3);
  });
});
