import { describe, expect, it } from 'vitest';
import { DedupWindow } from '../../../src/ingest/dedup/dedup-window.ts';
import { FrameLoss } from '../../../src/ingest/dedup/frame-loss.ts';
import type { SpoolRecord } from '../../../src/spool/segments/record.ts';
import {
  batchesOf,
  eventAt,
  frameAt,
  orderText,
  SECOND_US,
  spanRowsOf,
  T0_US,
  tickAt,
} from '../../support/segment.ts';

const both = (fromS: number, toS: number) =>
  Array.from({ length: toS - fromS + 1 }, (_, i) => (fromS + i) * SECOND_US).flatMap((at) => [
    tickAt(at, 'ws-1'),
    tickAt(at, 'ws-2'),
  ]);
/** Misses by connection. */
const missedBy = (records: SpoolRecord[], context = {}) => {
  const rows = spanRowsOf(batchesOf(records, context));
  const missesOf = (name: string) =>
    rows.filter(({ connection }) => connection === name).reduce((sum, { missed }) => sum + Number(missed), 0);
  return { 'ws-1': missesOf('ws-1'), 'ws-2': missesOf('ws-2') };
};
const order = frameAt(2 * SECOND_US, orderText());
const hashOf = (n: number) => new Uint32Array([n, 1, 2, 3]);
const BOTH = { listeningBeside: () => ['ws-1', 'ws-2'] };

describe('a frame that one connection had', () => {
  it('counts against the other, which was listening and did not get it within 10 s', () => {
    expect(missedBy([...both(0, 2), order, ...both(3, 14)])).toEqual({ 'ws-1': 0, 'ws-2': 1 });
  });

  it('counts for nothing when its twin comes, even 10 s later', () => {
    const twin = frameAt(12 * SECOND_US, orderText({ l: '1' }), 'ws-2');
    expect(missedBy([...both(0, 2), order, ...both(3, 11), twin, ...both(13, 20)])).toEqual({
      'ws-1': 0,
      'ws-2': 0,
    });
  });

  it('counts for nothing while the wait is not over', () => {
    expect(missedBy([...both(0, 2), order, ...both(3, 9)])).toEqual({ 'ws-1': 0, 'ws-2': 0 });
  });

  it('does not count against a connection that was not there, was silent, or ended', () => {
    const alone = both(0, 14).filter(({ connection }) => connection === 'ws-1');
    expect(missedBy([...alone.slice(0, 3), order, ...alone.slice(3)])).toEqual({ 'ws-1': 0, 'ws-2': 0 });
    expect(
      missedBy([tickAt(-6 * SECOND_US, 'ws-2'), ...alone.slice(0, 3), order, ...alone.slice(3)])['ws-2'],
    ).toBe(0);
    const gone = eventAt(3 * SECOND_US, { type: 'disconnected', reason: 'x' }, 'ws-2');
    expect(missedBy([...both(0, 2), order, gone, ...both(4, 14)])['ws-2']).toBe(0);
  });

  it('does not hold up those behind it when the clock is set back', () => {
    const set = (at: number) => at - 3600 * SECOND_US;
    const after = [...both(3, 4), frameAt(4.5 * SECOND_US, orderText({ q: '7' })), ...both(5, 16)];
    const records = [
      ...both(0, 2),
      order,
      ...after.map((r) => ({ ...r, receivedAtUs: set(r.receivedAtUs) })),
    ];
    expect(missedBy(records)).toEqual({ 'ws-1': 0, 'ws-2': 2 });
  });

  it('is let go in a flood of which the other connection brings nothing', () => {
    const missed = new FrameLoss();
    for (let i = 0; i < 300_000; i++) missed.first(hashOf(i), 'usdm', 'ws-1', T0_US, BOTH);
    expect(missed.size).toBeLessThanOrEqual(100_000);
    missed.again(hashOf(299_999), 'ws-2');
    const { size } = missed;
    expect(missed.takeMissed(T0_US + 11 * SECOND_US).length).toBe(size);
    expect(missed.size).toBe(0);
  });

  it('is awaited over the border of segments', () => {
    const carried = eventAt(3 * SECOND_US, {
      type: 'segment_opened',
      connections: ['ws-1', 'ws-2'].map((connection) => ({
        connection,
        lastMessageAtUs: T0_US + 2 * SECOND_US,
        unproven: false,
      })),
    });
    for (const [twins, expected] of [
      [[frameAt(4 * SECOND_US, orderText(), 'ws-2')], 0],
      [[], 1],
    ] as const) {
      const context = { window: new DedupWindow(600_000), loss: new FrameLoss() };
      batchesOf([...both(0, 2), order], context);
      context.window.accept();
      const records = [carried, ...both(3, 4), ...twins, ...both(5, 14)];
      expect(missedBy(records, context)['ws-2']).toBe(expected);
    }
  });
});
