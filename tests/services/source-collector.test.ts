import { join } from 'node:path';
import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { createSystemClock } from '../../src/base/clock.ts';
import type { Ingest, IngestReport } from '../../src/ingest/commit/ingest-job.ts';
import { SegmentCommitter } from '../../src/ingest/commit/segment-committer.ts';
import { createStatus } from '../../src/services/collector-status.ts';
import { SourceCollector } from '../../src/services/source-collector.ts';
import { sourceOf } from '../../src/sources/registry.ts';
import { spoolFolder } from '../../src/spool/state/spool-folder.ts';
import { readStatus } from '../../src/spool/state/status-file.ts';
import { temporaryFolder } from '../support/program.ts';
import { frame } from '../support/spool-records.ts';

const clock = createSystemClock();
const SOURCE = sourceOf('liquidations');

/** Tables that take what `store` takes. */
function ingestWith(store: () => Promise<IngestReport>): Ingest {
  return { open: async () => 0, store };
}

function openCollector(
  lake: string,
  ingest: Ingest,
  status = createStatus(SOURCE, clock.nowUs()),
): Promise<SourceCollector> {
  return SourceCollector.open({
    lake,
    spool: join(lake, '_spool'),
    source: SOURCE,
    ingest,
    clock,
    log: pino({ level: 'silent' }),
    flushMs: 1,
    duplicateWindowMs: 1000,
    lockWaitMs: 0,
    status,
    carry: () => ({ connections: [] }),
  });
}

describe('the status file of a collector', () => {
  it('tells since when segments wait that the tables do not take, also when they never answer', async () => {
    const lake = await temporaryFolder();
    const collector = await openCollector(
      lake,
      ingestWith(() => new Promise(() => undefined)),
    );
    const startedMs = Date.now();
    await collector.append(frame('a'));
    while (collector.backlog < 2) await collector.append(frame('b'));
    expect(await collector.close(10)).toBe(collector.backlog);
    const status = await readStatus(spoolFolder(join(lake, '_spool'), 'liquidations'));
    expect(status).toMatchObject({ state: 'stopped', backlog: collector.backlog });
    const waitingSinceMs = Date.parse(status?.waitingSince ?? '');
    expect(waitingSinceMs).toBeGreaterThanOrEqual(startedMs - 1000);
    expect(waitingSinceMs).toBeLessThanOrEqual(Date.now());
  });

  it('tells of no waiting when all is stored', async () => {
    const lake = await temporaryFolder();
    const collector = await openCollector(lake, new SegmentCommitter(clock));
    await collector.append(frame('a'));
    expect(await collector.close(10_000)).toBe(0);
    expect(await readStatus(spoolFolder(join(lake, '_spool'), 'liquidations'))).not.toHaveProperty(
      'waitingSince',
    );
  });

  it('is whole and says that the collector has stopped, also when an earlier one is slow to write', async () => {
    const lake = await temporaryFolder();
    const status = createStatus(SOURCE, clock.nowUs());
    for (let i = 0; i < 100; i++) status.rows[`${i}${'x'.repeat(200_000)}`] = i;
    const collector = await openCollector(lake, new SegmentCommitter(clock), status);
    for (const name of Object.keys(status.rows)) delete status.rows[name];
    await collector.close(0);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await readStatus(spoolFolder(join(lake, '_spool'), 'liquidations'))).toMatchObject({
      state: 'stopped',
      rows: {},
    });
  });
});
