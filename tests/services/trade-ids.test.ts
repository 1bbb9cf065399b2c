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

it('what was received earlier, told late, leaves what a set of all of them says', () => {
  const ids = fc.uniqueArray(fc.nat(30), { maxLength: 20 });
  fc.assert(
    fc.property(ids, ids, (earlier, later) => {
      const first = 31;
      const known = new TradeIds(first);
      for (const id of [0, ...later]) known.take(first + id);
      const ranges: { from: number; to: number }[] = [];
      for (const id of [...earlier].sort((a, b) => a - b)) {
        const last = ranges.at(-1);
        if (last?.to === id) last.to = id + 1;
        else ranges.push({ from: id, to: id + 1 });
      }
      known.takeEarlier(ranges);
      const plain = new TradeIds(ranges[0]?.from ?? first);
      for (const id of [...earlier, first, ...later.map((one) => first + one)]) plain.take(id);
      for (; plain.gapEnd !== undefined; plain.skipGap(), known.skipGap())
        expect([known.next, known.gapEnd]).toEqual([plain.next, plain.gapEnd]);
      expect([known.next, known.gapEnd]).toEqual([plain.next, undefined]);
    }),
  );
});
