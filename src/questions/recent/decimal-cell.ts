/**
 * The shortest decimal of a double in the eight bytes of the double: its digits are costly to find, and whoever is answered
 * with it once is answered so again. 17 digits as two integers; the bits that these leave say where the point stands, and the sign.
 */
import {
  DOT,
  MINUS,
  putByte,
  putEightDigits,
  putFraction,
  putInteger,
  putNull,
  putText,
  putTrimmed,
  ZERO,
} from './json-bytes.ts';
import type { Slab } from './text-slabs.ts';

/** Of the first word, nine digits and the sign; of the second, eight digits and the place of the point. */
const HIGH_BITS = 30;
const HIGH_MASK = 2 ** HIGH_BITS - 1;
const SIGN_BIT = 2 ** HIGH_BITS;
const LOW_BITS = 27;
const LOW_MASK = 2 ** LOW_BITS - 1;
/** The point stands at most so far before the first digit. */
const POINT_OFFSET = 8;
/** No nine digits: there is no value. */
const NOTHING = HIGH_MASK;
const POWERS = Int32Array.from({ length: 10 }, (_, power) => 10 ** power);
/** So many digits before the point are an exact integer for sure. */
const MOST_WHOLE = 15;

/**
 * Writes the decimal of `value` into `words[at]` and the one behind it; NaN stands for no value.
 * @returns false for a value that has no plain decimal.
 */
export function setDecimal(words: Uint32Array, at: number, value: number): boolean {
  if (Number.isNaN(value)) {
    words[at] = NOTHING;
    words[at + 1] = 0;
    return true;
  }
  const text = String(Math.abs(value));
  let [high, low, count, whole, zeros] = [0, 0, 0, 0, 0];
  let isFraction = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === DOT) isFraction = true;
    else if (code < ZERO || code > ZERO + 9) return false;
    else if (count === 0 && code === ZERO) zeros += isFraction ? 1 : 0;
    else {
      if (count < 9) high = high * 10 + code - ZERO;
      else if (count < 17) low = low * 10 + code - ZERO;
      count++;
      if (!isFraction) whole = count;
    }
  }
  for (let digits = count; digits < 9; digits++) high *= 10;
  for (let digits = Math.max(count, 9); digits < 17; digits++) low *= 10;
  const point = whole > 0 ? whole : -zeros;
  words[at] = high + (value < 0 || Object.is(value, -0) ? SIGN_BIT : 0);
  words[at + 1] = low + (point + POINT_OFFSET) * (LOW_MASK + 1);
  return true;
}

/** @returns the double that the decimal was made of. */
export function decimalValue(words: Uint32Array, at: number): number {
  const [first, second] = [words[at] as number, words[at + 1] as number];
  const high = first & HIGH_MASK;
  if (high === NOTHING) return Number.NaN;
  const digits = `${high}${String(second & LOW_MASK).padStart(8, '0')}`;
  const size = high === 0 ? 0 : Number(`${digits}e${(second >>> LOW_BITS) - POINT_OFFSET - 17}`);
  return first & SIGN_BIT ? -size : size;
}

/** Writes it as JSON. @returns where the next byte goes. */
export function putDecimal(out: Slab, at: number, words: Uint32Array, index: number): number {
  const first = words[index] as number;
  const second = words[index + 1] as number;
  const high = first & HIGH_MASK;
  const low = second & LOW_MASK;
  const point = (second >>> LOW_BITS) - POINT_OFFSET;
  if (high === NOTHING) return putNull(out, at);
  if (high === 0) return putByte(out, at, ZERO);
  const start = first & SIGN_BIT ? putByte(out, at, MINUS) : at;
  if (point > MOST_WHOLE) return putText(out, at, String(decimalValue(words, index)));
  if (point > 8) {
    const unit = POWERS[17 - point] as number;
    const power = POWERS[point - 9] as number;
    const whole = (low / unit) | 0;
    return putFraction(out, putInteger(out, start, high * power + whole), (low - whole * unit) * power);
  }
  if (point > 0) {
    const unit = POWERS[9 - point] as number;
    const whole = (high / unit) | 0;
    const next = putInteger(out, start, whole);
    const fraction = (high - whole * unit) * (POWERS[point - 1] as number);
    if (low === 0) return putFraction(out, next, fraction);
    // Also where they are zeros: what was in the slab before must not stay there.
    const digits = putByte(out, next, DOT);
    putEightDigits(out, digits, fraction);
    return putTrimmed(out, digits + 9 - point, low);
  }
  let next = putByte(out, putByte(out, start, ZERO), DOT);
  for (let zeros = point; zeros < 0; zeros++) next = putByte(out, next, ZERO);
  const digit = (high / 1e8) | 0;
  const rest = high - digit * 1e8;
  next = putByte(out, next, ZERO + digit);
  if (low > 0) return putTrimmed(out, putEightDigits(out, next, rest), low);
  return rest === 0 ? next : putTrimmed(out, next, rest);
}
