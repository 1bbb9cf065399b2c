import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDecimal } from '../../src/base/decimal.ts';

describe('a decimal string', () => {
  it('becomes the very double that Number makes of it', () => {
    const digits = (maxLength: number) => fc.stringMatching(new RegExp(`^[0-9]{1,${maxLength}}$`));
    fc.assert(
      fc.property(digits(18), fc.option(digits(14)), (whole, fraction) => {
        const text = fraction === null ? whole : `${whole}.${fraction}`;
        expect(parseDecimal(text)).toBe(Number(text));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    '',
    '.',
    '.5',
    '5.',
    '1.2.3',
    '-1',
    '+1',
    '1e9',
    '0x10',
    ' 1',
    'NaN',
    'Infinity',
    '1'.repeat(41),
    5,
    null,
  ])('%j is none', (value) => {
    expect(parseDecimal(value)).toBeUndefined();
  });
});
