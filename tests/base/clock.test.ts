import { afterEach, describe, expect, it, vi } from 'vitest';
import { createSystemClock } from '../../src/base/clock.ts';

afterEach(() => vi.restoreAllMocks());

/** Sets the wall clock off by `offsetMs` from now on. */
function stepWallClock(offsetMs: number): void {
  const now = Date.now.bind(Date);
  vi.spyOn(Date, 'now').mockImplementation(() => now() + offsetMs);
}

describe('the time of receipt', () => {
  it('never goes back, nor jumps, while the wall clock wobbles', () => {
    const clock = createSystemClock();
    const before = clock.nowUs();
    stepWallClock(-200);
    const after = clock.nowUs();
    expect(after).toBeGreaterThanOrEqual(before);
    expect(after - before).toBeLessThan(100_000);
    expect(Number.isSafeInteger(after)).toBe(true);
  });

  it.each([-3_600_000, 3_600_000])('follows the wall clock over a step of %i ms', (stepMs) => {
    const clock = createSystemClock();
    const before = clock.nowUs();
    stepWallClock(stepMs);
    expect(Math.abs(clock.nowUs() - before - stepMs * 1000)).toBeLessThan(100_000);
    expect(Math.abs(clock.nowUs() - before - stepMs * 1000)).toBeLessThan(100_000);
  });

  it('has microseconds of its own between two milliseconds of the wall clock', () => {
    const clock = createSystemClock();
    const times = new Set(Array.from({ length: 1000 }, () => clock.nowUs() % 1000));
    expect(times.size).toBeGreaterThan(10);
  });

  it('does not move the clock of time-outs', () => {
    const clock = createSystemClock();
    const before = clock.monotonicMs();
    stepWallClock(-3_600_000);
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(before);
    expect(clock.monotonicMs() - before).toBeLessThan(1000);
  });
});
