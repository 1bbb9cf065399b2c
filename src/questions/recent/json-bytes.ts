/** Values as JSON, written straight into bytes: the same text as `JSON.stringify` gives, several times as fast. */
import type { Slab } from './text-slabs.ts';

const DAY_US = 86_400_000_000;
const SECOND_US = 1_000_000;
/** Decimals of up to 15 digits have one double each: written out and cut, they are its shortest text. */
const SCALE = 1e8;
const EXACT = 1e15;
/** Below it JavaScript writes an exponent. */
const SMALLEST_PLAIN = 1e-6;
const [ZERO, MINUS, DOT, COLON, QUOTE, LETTER_Z] = [48, 45, 46, 58, 34, 90];
const NULL = Buffer.from('null');
const USUAL_START_BYTES = 12;

/** The most bytes that one value can take, and that are written to beyond its end. */
export const MAX_VALUE_BYTES = 40;

/** Numbers below 10,000 and below 100 as the bytes of their digits. */
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

/** Whether {@link putShort} writes a value; it takes arithmetic alone. */
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

/** @returns where the next byte goes; -1 for a value that is not short. NaN is null. */
export function putShort(out: Slab, at: number, value: number): number {
  if (Number.isNaN(value)) return putBytes(out, at, NULL);
  const size = Math.abs(value);
  if (!(size < EXACT)) return -1;
  const scaled = Number.isInteger(size) ? 0 : scaledOf(size);
  if (scaled === 0 && !Number.isInteger(size)) return -1;
  let next = value < 0 ? putByte(out, at, MINUS) : at;
  if (scaled === 0) return putInteger(out, next, size);
  const whole = Math.floor(scaled / SCALE);
  next = putByte(out, putInteger(out, next, whole), DOT);
  next = putEightDigits(out, next, scaled - whole * SCALE);
  while (out.bytes[next - 1] === ZERO) next--;
  return next;
}

/** Any number. @returns where the next byte goes. */
export function putNumber(out: Slab, at: number, value: number): number {
  const next = putShort(out, at, value);
  if (next >= 0) return next;
  // Texts of numbers are short: a call into the system's encoder costs more.
  const text = Number.isFinite(value) ? String(value) : `"${value}"`;
  for (let i = 0; i < text.length; i++) out.bytes[at + i] = text.charCodeAt(i);
  return at + text.length;
}

/** Whole numbers from 0 to 10^15. */
function putInteger(out: Slab, at: number, value: number): number {
  if (value >= SCALE) {
    const high = Math.floor(value / SCALE);
    return putEightDigits(out, putInteger(out, at, high), value - high * SCALE);
  }
  let rest = value | 0;
  let digits = 1;
  for (let power = 10; power <= rest; power *= 10) digits++;
  for (let place = at + digits - 1; place >= at; place--) {
    const tens = (rest / 10) | 0;
    out.bytes[place] = ZERO + rest - tens * 10;
    rest = tens;
  }
  return at + digits;
}

/** @param value below 10^8. */
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

/** A time in quotes, with all six digits below the second; NaN is null. Several bytes at a time: rows have four of them. */
export function putTime(out: Slab, at: number, us: number): number {
  if (Number.isNaN(us)) return putBytes(out, at, NULL);
  const day = Math.floor(us / DAY_US);
  const rest = us - day * DAY_US;
  const seconds = Math.floor(rest / SECOND_US);
  const minutes = (seconds / 60) | 0;
  const hours = (minutes / 60) | 0;
  const below = rest - seconds * SECOND_US;
  const high = (below / 100) | 0;
  const { view } = out;
  const next = putDayStart(out, at, day);
  view.setUint32(next, DIGITS_AND_COLON[hours] as number, true);
  view.setUint32(next + 3, DIGITS_AND_COLON[minutes - hours * 60] as number, true);
  view.setUint32(next + 6, DIGITS_AND_DOT[seconds - minutes * 60] as number, true);
  view.setUint32(next + 9, FOUR_DIGITS[high] as number, true);
  view.setUint16(next + 13, TWO_DIGITS[below - high * 100] as number, true);
  view.setUint16(next + 15, END_OF_TIME, true);
  return next + 17;
}

/** A day since the epoch in quotes; NaN is null. */
export function putDay(out: Slab, at: number, day: number): number {
  if (Number.isNaN(day)) return putBytes(out, at, NULL);
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
