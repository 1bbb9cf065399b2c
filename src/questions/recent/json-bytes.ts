/** Values as JSON, written straight into bytes: the same text as `JSON.stringify` gives, several times as fast. */
import type { Slab } from './text-slabs.ts';

const DAY_US = 86_400_000_000;
const SECOND_US = 1_000_000;
const MINUTE_US = 60_000_000;
const DAY_MINUTES = 1440;
/** Decimals of up to 15 digits have one double each: written out and cut, they are its shortest text. */
const SCALE = 1e8;
const EXACT = 1e15;
/** Below it JavaScript writes an exponent. */
const SMALLEST_PLAIN = 1e-6;
export const [ZERO, MINUS, DOT] = [48, 45, 46];
const [COLON, QUOTE, LETTER_Z] = [58, 34, 90];
const NULL = Buffer.from('null');
const USUAL_START_BYTES = 12;
const USUAL_MINUTE_BYTES = 18;

/** The most bytes that one value can take, and that are written to beyond its end. */
export const MAX_VALUE_BYTES = 40;

/** Numbers below 10,000 and below 100 as the bytes of their digits, with the zeros before them. */
const FOUR_DIGITS = Uint32Array.from({ length: 10_000 }, (_, value) => {
  const [a, b, c, d] = [value / 1000, value / 100, value / 10, value].map(
    (part) => ZERO + (Math.floor(part) % 10),
  );
  return ((a ?? 0) | ((b ?? 0) << 8) | ((c ?? 0) << 16) | ((d ?? 0) << 24)) >>> 0;
});
const TWO_DIGITS = Uint16Array.from(
  { length: 100 },
  (_, value) => (ZERO + Math.floor(value / 10)) | ((ZERO + (value % 10)) << 8),
);
/** How many of four digits are zeros before the number, which has one digit at least, and at its end. */
const ZEROS_BEFORE = Uint8Array.from({ length: 10_000 }, (_, value) => 4 - String(value).length);
const ZEROS_BEHIND = Uint8Array.from({ length: 10_000 }, (_, value) =>
  [10, 100, 1000, 10_000].reduce((zeros, power) => zeros + (value % power === 0 ? 1 : 0), 0),
);

/** Where a value is, not the value: a double that is passed on is an object for the garbage collector. */
type Cells = Float64Array;

/** Whether {@link putNumber} finds the digits of a value by arithmetic alone. */
export function isShort(value: number): boolean {
  if (Number.isNaN(value)) return true;
  const size = Math.abs(value);
  return size < EXACT && (Number.isInteger(size) || scaledOf(size) > 0);
}

/** @returns a decimal of at most 15 digits, eight of them behind the point, as an integer; 0 for any other value. */
function scaledOf(size: number): number {
  const scaled = Math.floor(size * SCALE + 0.5);
  return scaled < EXACT && size >= SMALLEST_PLAIN && scaled / SCALE === size ? scaled : 0;
}

/** A number of a row. @returns where the next byte goes. NaN is null. */
export function putNumber(out: Slab, at: number, cells: Cells, index: number): number {
  const value = cells[index] as number;
  const size = Math.abs(value);
  // NaN too.
  if (!(size < EXACT)) return putOther(out, at, value);
  const start = value < 0 ? putByte(out, at, MINUS) : at;
  const whole = Math.floor(size);
  if (whole === size) return putInteger(out, start, size);
  const scaled = scaledOf(size);
  if (scaled === 0) return putOther(out, at, value);
  const next = putInteger(out, start, Math.floor(scaled / SCALE));
  return putFraction(out, next, (scaled - Math.floor(scaled / SCALE) * SCALE) | 0);
}

function putOther(out: Slab, at: number, value: number): number {
  if (Number.isNaN(value)) return putNull(out, at);
  return putText(out, at, Number.isFinite(value) ? String(value) : `"${value}"`);
}

export function putNull(out: Slab, at: number): number {
  return putBytes(out, at, NULL);
}

/** Texts of numbers are short: a call into the system's encoder costs more. */
export function putText({ bytes }: Slab, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
  return at + text.length;
}

/** @param decimals eight of them as an integer; nothing is written of 0. */
export function putFraction(out: Slab, at: number, decimals: number): number {
  return decimals === 0 ? at : putTrimmed(out, putByte(out, at, DOT), decimals);
}

/** Eight digits. @returns where the zeros at their end begin. */
export function putTrimmed(out: Slab, at: number, value: number): number {
  const high = (value / 10_000) | 0;
  const low = value - high * 10_000;
  const { view } = out;
  view.setUint32(at, FOUR_DIGITS[high] as number, true);
  view.setUint32(at + 4, FOUR_DIGITS[low] as number, true);
  return low === 0 ? at + 4 - (ZEROS_BEHIND[high] as number) : at + 8 - (ZEROS_BEHIND[low] as number);
}

/** Whole numbers from 0 to 10^15. */
export function putInteger(out: Slab, at: number, value: number): number {
  if (value < SCALE) return putBelowScale(out, at, value | 0);
  const high = Math.floor(value / SCALE);
  return putEightDigits(out, putBelowScale(out, at, high | 0), (value - high * SCALE) | 0);
}

/** @param value an integer below 10^8. */
function putBelowScale({ view }: Slab, at: number, value: number): number {
  const high = (value / 10_000) | 0;
  const first = high === 0 ? value : high;
  const zeros = ZEROS_BEFORE[first] as number;
  view.setUint32(at, (FOUR_DIGITS[first] as number) >>> (8 * zeros), true);
  if (high === 0) return at + 4 - zeros;
  view.setUint32(at + 4 - zeros, FOUR_DIGITS[value - high * 10_000] as number, true);
  return at + 8 - zeros;
}

/** @param value an integer below 10^8. */
export function putEightDigits({ view }: Slab, at: number, value: number): number {
  const high = (value / 10_000) | 0;
  view.setUint32(at, FOUR_DIGITS[high] as number, true);
  view.setUint32(at + 4, FOUR_DIGITS[value - high * 10_000] as number, true);
  return at + 8;
}

/** Two digits and what stands behind them in a time, as the four bytes of an integer, of which the last is none. */
const DIGITS_AND = (behind: number) => Uint32Array.from(TWO_DIGITS, (digits) => digits | (behind << 16));
const [DIGITS_AND_COLON, DIGITS_AND_DOT] = [DIGITS_AND(COLON), DIGITS_AND(DOT)];
const END_OF_TIME = LETTER_Z | (QUOTE << 8);

/**
 * A time in quotes, with all six digits below the second; NaN is null. Several bytes at a time, and what times of one minute
 * have in common once: rows have four of them, which lie in two minutes.
 */
export function putTime(out: Slab, at: number, cells: Cells, index: number, laterUs = 0): number {
  const us = (cells[index] as number) + laterUs;
  if (Number.isNaN(us)) return putNull(out, at);
  const minute = Math.floor(us / MINUTE_US);
  const { view } = out;
  let next = at + USUAL_MINUTE_BYTES;
  if (minute === lastMinute[0]) {
    view.setFloat64(at, lastMinute[1] as number, true);
    view.setFloat64(at + 8, lastMinute[2] as number, true);
    view.setUint16(at + 16, lastMinute[3] as number, true);
  } else next = putMinute(out, at, minute);
  const rest = (us - minute * MINUTE_US) | 0;
  const seconds = (rest / SECOND_US) | 0;
  const below = rest - seconds * SECOND_US;
  const high = (below / 100) | 0;
  view.setUint32(next, DIGITS_AND_DOT[seconds] as number, true);
  view.setUint32(next + 3, FOUR_DIGITS[high] as number, true);
  view.setUint16(next + 7, TWO_DIGITS[below - high * 100] as number, true);
  view.setUint16(next + 9, END_OF_TIME, true);
  return next + 11;
}

/** The minute that was written last, and its 18 bytes. */
const lastMinute = Float64Array.of(Number.NaN, 0, 0, 0);

function putMinute(out: Slab, at: number, minute: number): number {
  const day = Math.floor(minute / DAY_MINUTES);
  const rest = minute - day * DAY_MINUTES;
  const hours = (rest / 60) | 0;
  const { view } = out;
  const next = putDayStart(out, at, day);
  view.setUint32(next, DIGITS_AND_COLON[hours] as number, true);
  view.setUint32(next + 3, DIGITS_AND_COLON[rest - hours * 60] as number, true);
  if (next + 6 === at + USUAL_MINUTE_BYTES) {
    lastMinute[0] = minute;
    lastMinute[1] = view.getFloat64(at, true);
    lastMinute[2] = view.getFloat64(at + 8, true);
    lastMinute[3] = view.getUint16(at + 16, true);
  }
  return next + 6;
}

/** A day since the epoch in quotes; NaN is null. */
export function putDay(out: Slab, at: number, day: number): number {
  if (Number.isNaN(day)) return putNull(out, at);
  return putByte(out, putBytes(out, putByte(out, at, QUOTE), dayText(day)), QUOTE);
}

export function putBytes({ bytes: out }: Slab, at: number, bytes: Uint8Array): number {
  for (let i = 0; i < bytes.length; i++) out[at + i] = bytes[i] as number;
  return at + bytes.length;
}

export function putByte({ bytes }: Slab, at: number, byte: number): number {
  bytes[at] = byte;
  return at + 1;
}

/** Rows lie on few days, and the next one mostly on that of the last. */
let last = { day: Number.NaN, text: Buffer.alloc(0) };

function dayText(day: number): Buffer {
  if (last.day !== day)
    last = { day, text: Buffer.from(new Date((day * DAY_US) / 1000).toISOString().slice(0, -14)) };
  return last.text;
}

/** The day of a time with the quote before it and the `T` behind it. */
let lastStart = { day: Number.NaN, first: 0, second: 0, bytes: Buffer.alloc(0) };

function putDayStart(out: Slab, at: number, day: number): number {
  if (lastStart.day !== day) {
    const bytes = Buffer.from(`"${dayText(day).toString()}T`);
    const isUsual = bytes.length === USUAL_START_BYTES;
    const [first, second] = isUsual ? [bytes.readDoubleLE(0), bytes.readUInt32LE(8)] : [0, 0];
    lastStart = { day, first, second, bytes };
  }
  const { bytes, first, second } = lastStart;
  // Years with more than four digits.
  if (bytes.length !== USUAL_START_BYTES) return putBytes(out, at, bytes);
  out.view.setFloat64(at, first, true);
  out.view.setUint32(at + 8, second, true);
  return at + USUAL_START_BYTES;
}
