import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MINUTE_US } from '../../src/bars/bar.ts';
import { missingRanges, planRequests } from '../../src/bars/plan-holes.ts';

const range = fc
  .tuple(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 50 }))
  .map(([from, length]) => ({ fromUs: from * MINUTE_US, toUs: (from + length) * MINUTE_US }));
const there = fc.array(fc.integer({ min: 0, max: 100 }).map((minute) => minute * MINUTE_US));

function minutesOf(ranges: readonly { readonly fromUs: number; readonly toUs: number }[]): number[] {
  return ranges.flatMap(({ fromUs, toUs }) =>
    Array.from({ length: (toUs - fromUs) / MINUTE_US }, (_, index) => fromUs + index * MINUTE_US),
  );
}

describe('holes', () => {
  it('are exactly the minutes that are not there, oldest first', () => {
    fc.assert(
      fc.property(range, there, (asked, known) => {
        const missing = minutesOf(missingRanges(asked, known));
        expect(missing).toEqual(minutesOf([asked]).filter((minute) => !known.includes(minute)));
      }),
    );
  });

  it('are all asked for, in requests of no more minutes than an answer has, none of them twice', () => {
    fc.assert(
      fc.property(range, there, fc.integer({ min: 1, max: 20 }), (asked, known, most) => {
        const missing = missingRanges(asked, known);
        const requests = planRequests(missing, most);
        const minutes = minutesOf(requests);
        expect(new Set(minutes).size).toBe(minutes.length);
        for (const minute of minutesOf(missing)) expect(minutes).toContain(minute);
        for (const { fromUs, toUs } of requests) expect(toUs - fromUs).toBeLessThanOrEqual(most * MINUTE_US);
      }),
    );
  });
});
