import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DayTurns } from '../../src/derive/input/day-turns.ts';

it('loops over days go on side by side, oldest day first, and one that ends or fails holds up no other', async () => {
  const days = fc.uniqueArray(fc.nat(20), { maxLength: 8 }).map((list) => list.sort((a, b) => a - b));
  const loop = fc.record({ days, failsAfter: fc.option(fc.nat(8), { nil: undefined }) });
  await fc.assert(
    fc.asyncProperty(fc.array(loop, { minLength: 1, maxLength: 4 }), fc.scheduler(), async (loops, s) => {
      const turns = new DayTurns();
      const begun: number[] = [];
      const joined = loops.map((one) => ({ ...one, turn: turns.join() }));
      const ended = joined.map(async ({ days, failsAfter, turn }) => {
        try {
          for (const [index, day] of days.entries()) {
            await turn.begin(day);
            begun.push(day);
            await s.schedule(Promise.resolve());
            if (index === failsAfter) return;
          }
        } finally {
          turn.end();
        }
      });
      await s.waitFor(Promise.all(ended));
      expect(begun).toEqual([...begun].sort((a, b) => a - b));
      const expected = loops.flatMap((one) => one.days.slice(0, (one.failsAfter ?? 20) + 1));
      expect([...begun].sort()).toEqual(expected.sort());
    }),
    { numRuns: 200 },
  );
});
