import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SpoolEvent, SpoolRecord } from '../../../src/spool/segments/record.ts';
import {
  batchesOf,
  eventAt,
  frameAt,
  orderText,
  rowsOf,
  SECOND_US,
  spanRowsOf,
  T0_US,
  tickAt,
} from '../../support/segment.ts';

const CLOSED: SpoolEvent = { type: 'segment_closed' };
const opened = (lastMessageAfterUs: number, unproven = false): SpoolRecord =>
  eventAt(0, {
    type: 'segment_opened',
    connections: [{ connection: 'ws-1', lastMessageAtUs: T0_US + lastMessageAfterUs, unproven }],
  });
const ticks = (fromS: number, toS: number, connection = 'ws-1') =>
  Array.from({ length: toS - fromS + 1 }, (_, i) => tickAt((fromS + i) * SECOND_US, connection));

/** [connection, state, start in s, end in s, frames, why it ended]. */
const spansOf = (records: SpoolRecord[]) =>
  spanRowsOf(batchesOf(records)).map((row) => [
    row.connection,
    row.state,
    (Number(row.started_at) - T0_US) / SECOND_US,
    (Number(row.ended_at) - T0_US) / SECOND_US,
    row.frames,
    row.end_reason,
  ]);

describe('a connection', () => {
  it('listens from its first message to its last while they are at most 5 s apart', () => {
    expect(
      spansOf([tickAt(0), tickAt(5 * SECOND_US), tickAt(9 * SECOND_US), eventAt(10 * SECOND_US, CLOSED)]),
    ).toEqual([['ws-1', 'listening', 0, 9, 0, 'segment']]);
  });

  it('was not listening in a longer pause', () => {
    expect(spansOf([...ticks(0, 3), ...ticks(9, 12), eventAt(12 * SECOND_US, CLOSED)])).toEqual([
      ['ws-1', 'listening', 0, 3, 0, 'silent'],
      ['ws-1', 'listening', 9, 12, 0, 'segment'],
    ]);
  });

  it('goes on from the segment before, and its hole is seen over the border', () => {
    expect(spansOf([opened(-1 * SECOND_US), ...ticks(0, 2), eventAt(2 * SECOND_US, CLOSED)])).toEqual([
      ['ws-1', 'listening', -1, 2, 0, 'segment'],
    ]);
    expect(spansOf([opened(-4 * SECOND_US), ...ticks(3, 4), eventAt(4 * SECOND_US, CLOSED)])).toEqual([
      ['ws-1', 'listening', -4, -4, 0, 'silent'],
      ['ws-1', 'listening', 3, 4, 0, 'segment'],
    ]);
  });

  it('that has been silent when the segment ends is not said to listen on', () => {
    expect(spansOf([...ticks(0, 2), eventAt(8 * SECOND_US, CLOSED)])).toEqual([
      ['ws-1', 'listening', 0, 2, 0, 'silent'],
    ]);
  });

  it('that brought nothing in a segment has no row of it, unless it ended there', () => {
    expect(spansOf([opened(-2 * SECOND_US), eventAt(SECOND_US, CLOSED)])).toEqual([]);
    const gone = eventAt(SECOND_US, { type: 'disconnected', reason: 'no message for 6 s' }, 'ws-1');
    expect(spansOf([opened(-5 * SECOND_US), gone, eventAt(2 * SECOND_US, CLOSED)])).toEqual([
      ['ws-1', 'listening', -5, -5, 0, 'no message for 6 s'],
    ]);
    expect(spansOf([opened(-SECOND_US)])).toEqual([['ws-1', 'listening', -1, -1, 0, 'crash']]);
  });

  it('ends with its disconnect or a crash, and says which', () => {
    const gone = eventAt(4 * SECOND_US, { type: 'disconnected', reason: 'closed with 1006' }, 'ws-1');
    expect(spansOf([...ticks(0, 2), gone, eventAt(9 * SECOND_US, CLOSED)])).toEqual([
      ['ws-1', 'listening', 0, 2, 0, 'closed with 1006'],
    ]);
    expect(spansOf(ticks(0, 2))).toEqual([['ws-1', 'listening', 0, 2, 0, 'crash']]);
  });

  it('with a single message has a span without length', () => {
    expect(spansOf([tickAt(0), eventAt(SECOND_US, CLOSED)])).toEqual([
      ['ws-1', 'listening', 0, 0, 0, 'segment'],
    ]);
  });

  it('is counted for itself, with the liquidations it brought', () => {
    const records = [
      tickAt(0),
      tickAt(0, 'ws-2'),
      frameAt(SECOND_US, orderText()),
      frameAt(SECOND_US, orderText(), 'ws-2'),
      frameAt(2 * SECOND_US, orderText({ q: '2' })),
      eventAt(3 * SECOND_US, CLOSED),
    ];
    expect(spansOf(records)).toEqual([
      ['ws-1', 'listening', 0, 2, 2, 'segment'],
      ['ws-2', 'listening', 0, 1, 1, 'segment'],
    ]);
  });

  it('does not run backwards with the clock', () => {
    const spans = spansOf([tickAt(5 * SECOND_US), tickAt(3 * SECOND_US), eventAt(5 * SECOND_US, CLOSED)]);
    expect(spans).toEqual([['ws-1', 'listening', 5, 5, 0, 'segment']]);
  });
});

describe('silence of the liquidations alone', () => {
  const unproven = (sinceS: number, atS: number) =>
    eventAt(atS * SECOND_US, { type: 'unproven', sinceUs: T0_US + sinceS * SECOND_US, reason: 'silent' });

  it('is not proven from where it began', () => {
    const records = [tickAt(0), frameAt(SECOND_US, orderText()), ...ticks(2, 6), unproven(1, 6)];
    expect(spansOf([...records, ...ticks(7, 8), eventAt(8 * SECOND_US, CLOSED)])).toEqual([
      ['ws-1', 'listening', 0, 1, 1, 'liquidations silent'],
      ['ws-1', 'unproven', 1, 8, 0, 'segment'],
    ]);
  });

  it('that began before the segment makes all of it unproven, and takes back what earlier ones claimed', () => {
    const gone = eventAt(3 * SECOND_US, { type: 'disconnected', reason: 'rotation' }, 'ws-1');
    const records = [opened(0), ...ticks(0, 2), gone, ...ticks(4, 6), unproven(-600, 6)];
    expect(spansOf([...records, eventAt(7 * SECOND_US, CLOSED)])).toEqual([
      ['ws-1', 'unproven', 0, 2, 0, 'rotation'],
      ['', 'unproven', -600, 0, 0, 'liquidations silent'],
      ['ws-1', 'unproven', 4, 6, 0, 'segment'],
    ]);
  });

  it('divides an ended span where it began', () => {
    const gone = eventAt(5 * SECOND_US, { type: 'disconnected', reason: 'rotation' }, 'ws-1');
    const records = [tickAt(0), frameAt(SECOND_US, orderText()), ...ticks(2, 4), gone, unproven(1, 6)];
    expect(spansOf([...records, eventAt(7 * SECOND_US, CLOSED)])).toEqual([
      ['ws-1', 'listening', 0, 1, 1, 'liquidations silent'],
      ['ws-1', 'unproven', 1, 4, 0, 'rotation'],
    ]);
  });

  it('lasts over a new connection until a liquidation comes', () => {
    const gone = eventAt(2 * SECOND_US, { type: 'disconnected', reason: 'rotation' }, 'ws-1');
    const records = [
      opened(0, true),
      ...ticks(0, 2),
      gone,
      ...ticks(3, 4),
      frameAt(5 * SECOND_US, orderText()),
    ];
    expect(spansOf([...records, tickAt(6 * SECOND_US), eventAt(6 * SECOND_US, CLOSED)])).toEqual([
      ['ws-1', 'unproven', 0, 2, 0, 'rotation'],
      ['ws-1', 'unproven', 3, 4, 0, 'proven'],
      ['ws-1', 'listening', 5, 6, 1, 'segment'],
    ]);
  });
});

describe('a poll', () => {
  it('that failed has a row with its reason, how many polls it stands for, and an end', () => {
    const failed = {
      type: 'poll_failed',
      stream: 'ticker/24hr',
      scheduledAtUs: T0_US,
      endedAtUs: T0_US + SECOND_US,
      reason: 'timed out',
      missed: 3,
    } as const;
    expect(
      rowsOf(batchesOf([eventAt(SECOND_US, failed, 'rest')], { source: 'prices' }).coverage),
    ).toMatchObject([
      {
        source: 'prices',
        state: 'poll_failed',
        frames: 0,
        missed: 3,
        end_reason: 'timed out',
        ended_at: T0_US + SECOND_US,
      },
    ]);
  });
});

it('spans of a connection never overlap, always end, and lie within 5 s of a message', () => {
  const step = fc.record({
    pauseMs: fc.integer({ min: 0, max: 12_000 }),
    connection: fc.constantFrom('ws-1', 'ws-2'),
    what: fc.constantFrom('tick', 'tick', 'tick', 'order', 'gone', 'unproven'),
    sinceMs: fc.integer({ min: -60_000, max: 60_000 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.boolean(), (steps, closes) => {
      const records: SpoolRecord[] = [];
      let nowUs = 0;
      for (const { pauseMs, connection, what, sinceMs } of steps) {
        nowUs += pauseMs * 1000;
        const sinceUs = Math.min(T0_US + sinceMs * 1000, T0_US + nowUs);
        if (what === 'tick') records.push(tickAt(nowUs, connection));
        else if (what === 'order')
          records.push(frameAt(nowUs, orderText({ q: String(nowUs + 1) }), connection));
        else if (what === 'gone')
          records.push(eventAt(nowUs, { type: 'disconnected', reason: 'x' }, connection));
        else records.push(eventAt(nowUs, { type: 'unproven', sinceUs, reason: 'x' }));
      }
      if (closes) records.push(eventAt(nowUs, CLOSED));
      const rows = spanRowsOf(batchesOf(records));
      const heard = new Set(
        records.filter(({ kind }) => kind === 'frame').map((r) => `${r.connection}${r.receivedAtUs}`),
      );
      for (const connection of ['ws-1', 'ws-2']) {
        const spans = rows
          .filter((row) => row.connection === connection)
          .sort(
            (a, b) => Number(a.started_at) - Number(b.started_at) || Number(a.ended_at) - Number(b.ended_at),
          );
        let before = Number.NEGATIVE_INFINITY;
        for (const { started_at, ended_at } of spans) {
          expect(Number(ended_at)).toBeGreaterThanOrEqual(Number(started_at));
          expect(Number(started_at)).toBeGreaterThanOrEqual(before);
          before = Number(ended_at);
        }
        const last = spans.at(-1);
        if (last) expect(heard.has(`${connection}${last.ended_at}`)).toBe(true);
      }
      // The messages of a pause longer than 5 s are never in one span.
      expect(rows.reduce((sum, { frames }) => sum + Number(frames), 0)).toBe(
        records.filter(({ payload }) => Buffer.from(payload).includes('forceOrder')).length,
      );
    }),
    { numRuns: 300 },
  );
});
