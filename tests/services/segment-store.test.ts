import { readdir } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { createSystemClock } from '../../src/clock.ts';
import { SegmentStore } from '../../src/services/segment-store.ts';
import { spoolFolder } from '../../src/services/source.ts';
import { Spool } from '../../src/spool/spool.ts';
import { temporaryFolder } from '../support/program.ts';
import { frameAt, orderText, tickAt } from '../support/segment.ts';

it('a segment that was stored, but whose answer got lost with its thread, is no lost one', async () => {
  const lake = await temporaryFolder();
  const target = { lake, source: 'liquidations', appId: 'x', duplicateWindowMs: 60_000 } as const;
  const folder = spoolFolder(lake, 'liquidations');
  const spool = await Spool.open({ folder, floorSegment: 0, onStateChange: () => undefined });
  for (const record of [tickAt(0), frameAt(1, orderText()), tickAt(1_000_000)]) await spool.append(record);
  expect(await spool.close()).toBe(1);
  const first = await new SegmentStore(createSystemClock()).store(target, 1);
  expect(first.rows).toMatchObject({ liquidation: 1, coverage: 1 });
  expect(await readdir(folder)).not.toContain('0000000001.segment');
  const again = new SegmentStore(createSystemClock());
  expect(await again.store(target, 1)).toMatchObject({ segment: 1, rows: {}, duplicates: 0 });
  // One that no table knows is.
  await expect(again.store(target, 2)).rejects.toMatchObject({ code: 'ENOENT' });
});
