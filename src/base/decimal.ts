/**
 * Decimal strings of the exchange as doubles. Only plain digits with an optional fraction pass: `Number` alone would
 * also take `""`, `"0x10"`, `" 1"`, `"1e9"` and `"Infinity"`.
 */

/** No real price or quantity is longer; a longer text is an attack or damage. */
const MAX_LENGTH = 40;

/**
 * Digits that a double holds exactly as an integer. An integer so small divided by a power of ten so small is rounded
 * once, hence correctly: the same double that `Number` gives, in a third of the time.
 */
export const EXACT_DIGITS = 15;
export const POWERS_OF_TEN = Array.from({ length: EXACT_DIGITS + 1 }, (_, exponent) => 10 ** exponent);

/** @returns the value of a non-negative decimal string, or undefined when it is anything else. */
export function parseDecimal(value: unknown): number | undefined {
  if (typeof value !== 'string' || value.length === 0 || value.length > MAX_LENGTH) return undefined;
  let digits = 0;
  let dotAt = -1;
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code >= 48 && code <= 57) digits = digits * 10 + (code - 48);
    else if (code === 46 && dotAt < 0 && i > 0 && i < value.length - 1) dotAt = i;
    else return undefined;
  }
  if (value.length > EXACT_DIGITS) return Number(value);
  return dotAt < 0 ? digits : digits / (POWERS_OF_TEN[value.length - 1 - dotAt] ?? 1);
}

/** The same with an optional minus sign, for changes. */
export function parseSignedDecimal(value: unknown): number | undefined {
  if (typeof value !== 'string' || !value.startsWith('-')) return parseDecimal(value);
  const magnitude = parseDecimal(value.slice(1));
  // Subtracted, since a minus sign would make "-0.00" a negative zero.
  return magnitude === undefined ? undefined : 0 - magnitude;
}
