import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../../src/base/clock.ts';
import { nextTickUs, planTick, pollTicks, type Tick } from '../../../src/network/http/poll-schedule.ts';
import { bendableClock } from '../../support/feed-server.ts';

const MINUTE_US = 60_000_000;
const NOON_US = Date.UTC(2026, 10, 21, 12) * 1000;

async function firstTicks(
  clock: Clock,
  intervalMs: number,
  count: number,
  work: (tick: Tick, index: number) => Promise<void> | void,
): Promise<Tick[]> {
  const stop = new AbortController();
  const ticks: Tick[] = [];
  for await (const tick of pollTicks(clock, intervalMs, stop.signal)) {
    ticks.push(tick);
    await work(tick, ticks.length);
    if (ticks.length === count) stop.abort();
  }
  return ticks;
}

describe('the plan of polls', () => {
  it('is at whole multiples of the interval', () => {
    expect(nextTickUs(NOON_US, MINUTE_US)).toBe(NOON_US + MINUTE_US);
    expect(nextTickUs(NOON_US - 1, MINUTE_US)).toBe(NOON_US);
  });

  it('runs a tick that is due, and waits for one that is not', () => {
    const last = NOON_US - MINUTE_US;
    expect(planTick(last, NOON_US - 1, MINUTE_US)).toEqual({ kind: 'wait', untilUs: NOON_US });
    const tick = { scheduledAtUs: NOON_US, missed: 0, firstMissedAtUs: NOON_US };
    expect(planTick(last, NOON_US, MINUTE_US)).toEqual({ kind: 'run', tick });
    expect(planTick(last, NOON_US + 20_000_000, MINUTE_US)).toEqual({ kind: 'run', tick });
  });

  it('skips a tick that is more than half an interval late, and tells of it with the next', () => {
    const last = NOON_US - MINUTE_US;
    const next = NOON_US + MINUTE_US;
    expect(planTick(last, NOON_US + 40_000_000, MINUTE_US)).toEqual({ kind: 'wait', untilUs: next });
    expect(planTick(last, next, MINUTE_US)).toEqual({
      kind: 'run',
      tick: { scheduledAtUs: next, missed: 1, firstMissedAtUs: NOON_US },
    });
  });

  it('runs each tick at most once, in order, and accounts for all of them, however late it is looked at', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2000, max: 3_600_000 }),
        fc.array(fc.integer({ min: 1, max: 400_000_000 }), { minLength: 1, maxLength: 60 }),
        (intervalMs, steps) => {
          const intervalUs = intervalMs * 1000;
          let lastUs = nextTickUs(NOON_US, intervalUs) - intervalUs;
          const firstUs = lastUs;
          let nowUs = NOON_US;
          let accounted = 0;
          for (const step of steps) {
            nowUs += step;
            const plan = planTick(lastUs, nowUs, intervalUs);
            if (plan.kind === 'wait') {
              expect(plan.untilUs).toBeGreaterThan(nowUs);
              expect(plan.untilUs % intervalUs).toBe(0);
              continue;
            }
            const { scheduledAtUs, missed, firstMissedAtUs } = plan.tick;
            expect(scheduledAtUs % intervalUs).toBe(0);
            expect(scheduledAtUs).toBeLessThanOrEqual(nowUs);
            expect(nowUs - scheduledAtUs).toBeLessThanOrEqual(intervalUs / 2);
            expect(firstMissedAtUs).toBe(lastUs + intervalUs);
            accounted += missed + 1;
            lastUs = scheduledAtUs;
            expect(accounted).toBe((lastUs - firstUs) / intervalUs);
          }
        },
      ),
    );
  });
});

describe('poll ticks', () => {
  it('come on the clock without drift, though each poll takes time', async () => {
    const clock = bendableClock();
    const lateness: number[] = [];
    const ticks = await firstTicks(clock, 100, 8, async ({ scheduledAtUs }) => {
      lateness.push(clock.nowUs() - scheduledAtUs);
      await new Promise((resolve) => setTimeout(resolve, 30));
    });
    expect(ticks.every(({ scheduledAtUs }) => scheduledAtUs % 100_000 === 0)).toBe(true);
    expect(Math.max(...lateness)).toBeLessThan(50_000);
    const [first, last] = [ticks[0], ticks.at(-1)];
    const missed = ticks.slice(1).reduce((sum, tick) => sum + tick.missed, 0);
    expect((last?.scheduledAtUs ?? 0) - (first?.scheduledAtUs ?? 0)).toBe((7 + missed) * 100_000);
  });

  it('that pass during a long poll are reported as missed', async () => {
    const ticks = await firstTicks(bendableClock(), 100, 2, async (_, index) => {
      if (index === 1) await new Promise((resolve) => setTimeout(resolve, 320));
    });
    expect(ticks[1]?.missed).toBeGreaterThanOrEqual(2);
    expect(ticks[1]?.firstMissedAtUs).toBe((ticks[0]?.scheduledAtUs ?? 0) + 100_000);
  });

  it('follow the clock over a sleep of the machine, and when it is set back', async () => {
    const clock = bendableClock();
    const ticks = await firstTicks(clock, 100, 3, (_, index) => {
      if (index === 1) clock.skip(3_600_000);
      if (index === 2) clock.skip(-7_200_000);
    });
    const times = ticks.map(({ scheduledAtUs }) => scheduledAtUs);
    expect(ticks[1]?.missed).toBeGreaterThanOrEqual(35_999);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(3_600_000_000);
    expect((times[2] ?? 0) - (times[1] ?? 0)).toBeLessThan(-7_190_000_000);
    expect(ticks[2]?.missed).toBeLessThanOrEqual(1);
  });

  it('end at once when asked to', async () => {
    const stop = new AbortController();
    const sinceMs = performance.now();
    setTimeout(() => stop.abort(), 50);
    for await (const _ of pollTicks(bendableClock(), 3_600_000, stop.signal))
      throw new Error('no tick is due');
    expect(performance.now() - sinceMs).toBeLessThan(500);
  });
});
