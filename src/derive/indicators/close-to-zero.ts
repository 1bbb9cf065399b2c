/** Differences this small against what was subtracted are rounding, as in TA-Lib 0.8. */
const EPSILON = 1e-14;

export function isRounding(difference: number, a: number, b: number): boolean {
  return Math.abs(difference) <= EPSILON * (Math.abs(a) + Math.abs(b));
}
