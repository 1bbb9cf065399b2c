/**
 * Decimal strings of the exchange as doubles. Only plain digits with an optional fraction pass: `Number` alone would
 * also take `""`, `"0x10"`, `" 1"`, `"1e9"` and `"Infinity"`.
 */

/** No real price or quantity is longer; a longer text is an attack or damage. */
const MAX_LENGTH = 40;

/** @returns the value of a non-negative decimal string, or undefined when it is anything else. */
export function parseDecimal(value: unknown): number | undefined {
  if (typeof value !== 'string' || value.length === 0 || value.length > MAX_LENGTH) return undefined;
  let dots = 0;
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code === 46 && i > 0 && i < value.length - 1) dots++;
    else if (code < 48 || code > 57) return undefined;
  }
  return dots > 1 ? undefined : Number(value);
}

/** The same with an optional minus sign, for changes. */
export function parseSignedDecimal(value: unknown): number | undefined {
  if (typeof value !== 'string' || !value.startsWith('-')) return parseDecimal(value);
  const magnitude = parseDecimal(value.slice(1));
  // Subtracted, since a minus sign would make "-0.00" a negative zero.
  return magnitude === undefined ? undefined : 0 - magnitude;
}
