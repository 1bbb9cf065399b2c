import fc from 'fast-check';
import { expect, it } from 'vitest';
import { WeightShare } from '../../src/services/bars/weight-share.ts';

const LIMIT = 6000;
const MINUTE_MS = 60_000;

it('no minute spends more than its share of a pool, whatever is asked for and when', () => {
  const asks = fc.array(
    fc.record({ weight: fc.integer({ min: 1, max: 200 }), afterMs: fc.integer({ min: 0, max: 5000 }) }),
    { maxLength: 200 },
  );
  fc.assert(
    fc.property(asks, (list) => {
      const share = new WeightShare(1 / 3);
      const spent = new Map<number, number>();
      let nowMs = 1_700_000_000_000;
      for (const { weight, afterMs } of list) {
        nowMs += afterMs;
        for (;;) {
          const waitMs = share.spend({ name: 'spot', limit: LIMIT }, weight, nowMs);
          if (waitMs === 0) break;
          // No longer than to the next minute, which has a share of its own.
          expect(Math.floor((nowMs + waitMs) / MINUTE_MS)).toBe(Math.floor(nowMs / MINUTE_MS) + 1);
          nowMs += waitMs;
        }
        const minute = Math.floor(nowMs / MINUTE_MS);
        spent.set(minute, (spent.get(minute) ?? 0) + weight);
      }
      for (const weight of spent.values()) expect(weight).toBeLessThanOrEqual(LIMIT / 3);
    }),
  );
});

it('what weighs more than the share is asked for alone, and one pool takes nothing from another', () => {
  const share = new WeightShare(1 / 3);
  const heavy = { name: 'futures', limit: 30 };
  expect(share.spend(heavy, 20, 0)).toBe(0);
  expect(share.spend(heavy, 1, 1000)).toBe(MINUTE_MS - 1000);
  expect(share.spend({ name: 'spot', limit: LIMIT }, 20, 1000)).toBe(0);
});
