import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MinuteSlots, NO_SLOT } from '../../src/bars/minute-slots.ts';

describe('the slots of bars by symbol and minute', () => {
  it('answer as a plain map does, whatever the order and however far apart the minutes are', () => {
    const minute = fc.oneof(
      fc.integer({ min: 0, max: 600 }),
      fc.integer({ min: 29_000_000, max: 29_000_300 }),
      // No minute that a bar has, and one that does not fit into the ring's integers.
      fc.constantFrom(-1, -128, 12.5, 2 ** 33),
    );
    const step = fc.record({ minute, slot: fc.nat(1000), isSet: fc.boolean(), symbol: fc.nat(40) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300, size: 'max' }), fc.nat(40), (steps, most) => {
        const slots = new MinuteSlots();
        const plain = Array.from({ length: most + 1 }, () => new Map<number, number>());
        for (const [symbol] of plain.entries()) expect(slots.addSymbol()).toBe(symbol);
        for (const { minute, slot, isSet, symbol: any } of steps) {
          const symbol = any % plain.length;
          if (isSet) slots.set(symbol, minute, slot);
          else slots.delete(symbol, minute);
          if (isSet) plain[symbol]?.set(minute, slot);
          else plain[symbol]?.delete(minute);
          if (slots.get(symbol, minute) !== (plain[symbol]?.get(minute) ?? NO_SLOT)) return false;
        }
        return plain.every((own, symbol) => {
          expect(new Set(slots.minutes(symbol))).toEqual(new Set(own.keys()));
          const isNewest = [...own.keys()].every((minute) => slots.newest(symbol) >= minute);
          const isSame = steps.every(
            ({ minute }) => slots.get(symbol, minute) === (own.get(minute) ?? NO_SLOT),
          );
          return isNewest && isSame && slots.size(symbol) === own.size;
        });
      }),
    );
  });
});
