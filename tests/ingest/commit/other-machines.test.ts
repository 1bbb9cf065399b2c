import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Clock, createSystemClock } from '../../../src/base/clock.ts';
import { SegmentCommitter } from '../../../src/ingest/commit/segment-committer.ts';
import type { SpoolRecord } from '../../../src/spool/segments/record.ts';
import { Spool } from '../../../src/spool/segments/spool.ts';
import { spoolFolder } from '../../../src/spool/state/spool-folder.ts';
import { tableRows } from '../../support/bars.ts';
import { fakeS3 } from '../../support/fake-s3.ts';
import { temporaryFolder } from '../../support/program.ts';
import { frameAt, orderText, SECOND_US, T0_MS, T0_US, tickAt } from '../../support/segment.ts';

let lakes = 0;
let lake = '';
const order = (second: number, number: number, connection = 'ws-1') =>
  frameAt(second * SECOND_US, orderText({ s: `S${number}USDT`, T: T0_MS + number }), connection);
const ticks = (from: number, until: number) =>
  Array.from({ length: until - from }, (_, index) => tickAt((from + index) * SECOND_US));

// A process has one client, with the address that it finds in its environment.
beforeAll(async () => void Object.assign(process.env, (await fakeS3((end) => afterAll(end))).env));
beforeEach(() => {
  lake = `s3://lake/${++lakes}`;
});

/** A machine that stores segments of its own; its clock is at the newest thing that it received. */
async function machine(appId: string, name?: string) {
  const spool = await temporaryFolder();
  const folder = spoolFolder(spool, 'liquidations');
  let nowUs = T0_US;
  const clock: Clock = { ...createSystemClock(), nowUs: () => nowUs };
  let committer = new SegmentCommitter(clock);
  const target = { lake, spool, source: 'liquidations', appId, duplicateWindowMs: 60_000, machine: name };
  let floorSegment = 0;
  /** Puts records into the next segment. */
  const receive = async (records: readonly SpoolRecord[]) => {
    const open = await Spool.open({ folder, floorSegment, onStateChange: () => undefined });
    for (const record of [...records].sort((a, b) => a.receivedAtUs - b.receivedAtUs)) {
      await open.append(record);
      nowUs = Math.max(nowUs, record.receivedAtUs);
    }
    floorSegment = (await open.close()) ?? floorSegment;
    return floorSegment;
  };
  return {
    receive,
    store: (segment: number) => committer.store(target, segment),
    restart: (afterSeconds: number) => {
      nowUs = T0_US + afterSeconds * SECOND_US;
      committer = new SegmentCommitter(clock);
    },
  };
}

const symbols = () =>
  tableRows(
    lake,
    'liquidation',
    "SELECT string_agg(symbol, ' ' ORDER BY symbol) AS s, count(*)::INT AS n FROM t",
  );

describe('on an object store', () => {
  it('a machine that stood still while another one took over stores what that one has not', async () => {
    const [slow, other] = [await machine('a'), await machine('b')];
    await slow.store(await slow.receive([...ticks(0, 20), order(1, 1)]));
    const stalled = await slow.receive([...ticks(20, 40), order(21, 2), order(22, 3)]);
    await other.store(await other.receive([...ticks(20, 40), order(21, 2), order(30, 4)]));
    await slow.store(stalled);
    expect(await symbols()).toEqual([{ s: 'S1USDT S2USDT S3USDT S4USDT', n: 4 }]);
  });

  it('segments that waited for hours are looked up among the rows of their own time', async () => {
    const [back, other] = [await machine('a'), await machine('b')];
    const left = [
      await back.receive([...ticks(0, 60), order(1, 1), order(50, 2)]),
      await back.receive([...ticks(60, 120), order(61, 3), order(119, 4)]),
    ];
    for (const [from, orders] of [
      [0, [order(1, 1), order(50, 2)]],
      [60, [order(61, 3)]],
      [7200, [order(7201, 9)]],
    ] as const)
      await other.store(await other.receive([...ticks(from, from + 60), ...orders]));
    back.restart(7300);
    for (const segment of left) await back.store(segment);
    expect(await symbols()).toEqual([{ s: 'S1USDT S2USDT S3USDT S4USDT S9USDT', n: 5 }]);
  });

  it('machines that share a source store each row once, and count what each missed', async () => {
    const [north, south] = [await machine('n', 'north'), await machine('s', 'south')];
    for (let minute = 0; minute < 4; minute++) {
      const from = minute * 60;
      const both = [order(from + 25, 10 * minute + 1), order(from + 30, 10 * minute + 2)];
      const segments = await Promise.all([
        north.receive([...ticks(from, from + 60), ...both, order(from + 20, 10 * minute + 3)]),
        south.receive([...ticks(from, from + 60), ...both]),
      ]);
      await Promise.all([north.store(segments[0]), south.store(segments[1])]);
    }
    expect(await symbols()).toMatchObject([{ n: 12 }]);
    const missed = await tableRows(
      lake,
      'coverage',
      "SELECT connection, sum(missed)::INT AS missed FROM t WHERE market = 'usdm' GROUP BY 1 ORDER BY 1",
    );
    // The last minute of north's own reaches south with its next segment.
    expect(missed).toEqual([
      { connection: 'north/ws-1', missed: 0 },
      { connection: 'south/ws-1', missed: 3 },
    ]);
  });
});
