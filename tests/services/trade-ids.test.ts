import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TradeIds } from '../../src/services/trades/trade-ids.ts';

it('ids in any order and number of times leave what a set of them says', () => {
  const step = fc.oneof(
    { weight: 9, arbitrary: fc.nat(40) },
    { weight: 1, arbitrary: fc.constant('skip' as const) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const ids = new TradeIds(5);
      let received = new Set<number>([0, 1, 2, 3, 4]);
      const next = () => {
        let id = 0;
        while (received.has(id)) id++;
        return id;
      };
      const gapEnd = () => {
        const beyond = [...received].filter((id) => id > next());
        return beyond.length === 0 ? undefined : Math.min(...beyond);
      };
      for (const one of steps) {
        if (one !== 'skip') {
          received.add(one);
          ids.take(one);
        } else {
          const end = gapEnd();
          if (end !== undefined) received = new Set([...Array(end).keys(), ...received]);
          ids.skipGap();
        }
        expect(ids.next).toBe(next());
        expect(ids.gapEnd).toBe(gapEnd());
      }
    }),
  );
});
