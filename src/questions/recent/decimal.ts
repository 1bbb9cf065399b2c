/**
 * The shortest decimal of a double that is costly to find, in two integers and a form: 17 digits, of which the first
 * ones count, where the point stands among them, and the sign.
 */
import { putByte, putEightDigits } from './json-bytes.ts';
import type { Slab } from './text-slabs.ts';

const [ZERO, MINUS, DOT] = [48, 45, 46];
/** The point stands at most so far before the first digit. */
const POINT_OFFSET = 8;
const POINT_BIT = 32;
const SIGN_BIT = 1024;

export interface Decimal {
  /** The first nine digits. */
  readonly high: number;
  /** The next eight. */
  readonly low: number;
  /** 0 for a value that has no plain decimal. */
  readonly form: number;
}

export const NO_DECIMAL: Decimal = { high: 0, low: 0, form: 0 };

export function decimalOf(value: number): Decimal {
  const text = String(Math.abs(value));
  let [high, low, count, used, whole, zeros] = [0, 0, 0, 0, 0, 0];
  let isFraction = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === DOT) isFraction = true;
    else if (code < ZERO || code > ZERO + 9) return NO_DECIMAL;
    else if (count === 0 && code === ZERO) zeros += isFraction ? 1 : 0;
    else {
      if (count < 9) high = high * 10 + code - ZERO;
      else if (count < 17) low = low * 10 + code - ZERO;
      count++;
      if (code !== ZERO) used = count;
      if (!isFraction) whole = count;
    }
  }
  for (let digits = count; digits < 9; digits++) high *= 10;
  for (let digits = Math.max(count, 9); digits < 17; digits++) low *= 10;
  const point = whole > 0 ? whole : -zeros;
  const form = used + (point + POINT_OFFSET) * POINT_BIT + (value < 0 ? SIGN_BIT : 0);
  return { high, low, form };
}

/**
 * @param digits of many numbers, those of this one from `index` on.
 * @param form not 0.
 * @returns where the next byte goes.
 */
export function putDecimal(out: Slab, at: number, digits: Uint32Array, index: number, form: number): number {
  const start = form & SIGN_BIT ? putByte(out, at, MINUS) : at;
  const count = form & (POINT_BIT - 1);
  const pointAt = (((form & (SIGN_BIT - 1)) / POINT_BIT) | 0) - POINT_OFFSET;
  const { bytes } = out;
  if (pointAt <= 0) {
    bytes[start] = ZERO;
    bytes[start + 1] = DOT;
    for (let i = pointAt; i < 0; i++) bytes[start + 2 + i - pointAt] = ZERO;
    putSeventeen(out, start + 2 - pointAt, digits, index);
    return start + 2 - pointAt + count;
  }
  putSeventeen(out, start + 1, digits, index);
  const moved = Math.min(pointAt, count);
  for (let i = 0; i < moved; i++) bytes[start + i] = bytes[start + i + 1] as number;
  if (pointAt < count) {
    bytes[start + pointAt] = DOT;
    return start + count + 1;
  }
  for (let i = count; i < pointAt; i++) bytes[start + i] = ZERO;
  return start + pointAt;
}

function putSeventeen(out: Slab, at: number, digits: Uint32Array, index: number): void {
  const high = (digits[index] as number) | 0;
  const first = (high / 1e8) | 0;
  out.bytes[at] = ZERO + first;
  putEightDigits(out, putEightDigits(out, at + 1, high - first * 1e8), (digits[index + 1] as number) | 0);
}
