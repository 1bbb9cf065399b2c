import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson } from '../../src/delta/json.ts';

describe('JSON of the log', () => {
  it('keeps every integer of 64 bits exact, wherever it stands', () => {
    const integer = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    fc.assert(
      fc.property(fc.string(), integer, fc.string(), (before, value, after) => {
        const text = `{${JSON.stringify(before)}:[${value},${JSON.stringify(after)}]}`;
        const [key = '', list] = Object.entries(parseJson(text) as Record<string, unknown>)[0] ?? [];
        const [parsed, string] = list as [number | bigint, string];
        expect([key, BigInt(parsed), string]).toEqual([before, value, after]);
        expect(typeof parsed).toBe(Number.isSafeInteger(Number(value)) ? 'number' : 'bigint');
      }),
    );
  });
});
