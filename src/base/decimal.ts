/**
 * Decimal strings of the exchange as doubles. Only plain digits with an optional fraction pass: `Number` alone would
 * also take `""`, `"0x10"`, `" 1"`, `"1e9"` and `"Infinity"`.
 */

/** No real price or quantity is longer; a longer text is an attack or damage. */
export const MAX_DECIMAL_LENGTH = 40;

/** The powers of ten that a double holds exactly. */
const POWERS_OF_TEN = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/**
 * An integer that a double holds exactly divided by a power of ten that it holds exactly is rounded once, hence correctly:
 * the same double that `Number` gives, in a third of the time. Digits added up beyond 2^53 stay beyond it.
 *
 * @param digits of the decimal as an integer, added up from the left. @returns undefined where that is not so.
 */
export function exactQuotient(digits: number, fractionDigits: number): number | undefined {
  const power = POWERS_OF_TEN[fractionDigits];
  return power === undefined || digits > Number.MAX_SAFE_INTEGER ? undefined : digits / power;
}

/** @returns the value of a non-negative decimal string, or undefined when it is anything else. */
export function parseDecimal(value: unknown): number | undefined {
  if (typeof value !== 'string' || value.length === 0 || value.length > MAX_DECIMAL_LENGTH) return undefined;
  let digits = 0;
  let dotAt = -1;
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code >= 48 && code <= 57) digits = digits * 10 + (code - 48);
    else if (code === 46 && dotAt < 0 && i > 0 && i < value.length - 1) dotAt = i;
    else return undefined;
  }
  return exactQuotient(digits, dotAt < 0 ? 0 : value.length - 1 - dotAt) ?? Number(value);
}

/** The same with an optional minus sign, for changes. */
export function parseSignedDecimal(value: unknown): number | undefined {
  if (typeof value !== 'string' || !value.startsWith('-')) return parseDecimal(value);
  const magnitude = parseDecimal(value.slice(1));
  // Subtracted, since a minus sign would make "-0.00" a negative zero.
  return magnitude === undefined ? undefined : 0 - magnitude;
}
