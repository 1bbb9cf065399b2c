/**
 * Reads a frame that is written exactly as expected, byte by byte: several times as fast as a JSON parser, and without a
 * text for each field. There is one frame at a time; loops work on copies, which the compiler keeps in registers.
 */
import { exactQuotient, MAX_DECIMAL_LENGTH } from '../../base/decimal.ts';
import { MAX_SYMBOL_LENGTH } from '../symbol.ts';

let source: Uint8Array = new Uint8Array(0);
/** The memory that the frame is a part of, with all others of its segment. */
let memory: DataView = new DataView(new ArrayBuffer(0));
let firstByte = 0;
/** How far it is read. */
let at = 0;

/** What follows is about this frame. */
export function beginFrame(frame: Uint8Array): void {
  source = frame;
  at = 0;
  const { buffer } = frame;
  if (memory.buffer !== buffer) memory = new DataView(buffer);
  firstByte = frame.byteOffset;
}

const ZEROS = 0x30303030;
const HIGH_HALVES = 0xf0f0f0f0 | 0;

/** @returns what four digits say, read as one word; a negative number when they are not four digits. */
function fourDigits(word: number): number {
  const digits = word ^ ZEROS;
  // Of what is no digit, the upper half of its byte is not 0, or no longer 0 with 6 more.
  if (((digits | (digits + 0x06060606)) & HIGH_HALVES) !== 0) return -1;
  // The first digit is the lowest byte. Pairs become numbers below 100, then both one below 10,000.
  const pairs = (Math.imul(digits, 10) + (digits >>> 8)) & 0x00ff00ff;
  return (pairs & 0xff) * 100 + (pairs >>> 16);
}

/** @returns what eight digits say; a negative number when they are not eight digits, or the frame ends before. */
function eightDigits(start: number): number {
  if (start + 8 > source.length) return -1;
  const head = fourDigits(memory.getInt32(firstByte + start, true));
  const tail = fourDigits(memory.getInt32(firstByte + start + 4, true));
  return (head | tail) < 0 ? -1 : head * 10_000 + tail;
}

export function isAtEnd(): boolean {
  return at === source.length;
}

/** A text that every frame of its kind has at the same place. */
export interface Literal {
  readonly length: number;
  /** Four bytes each; what is left over is in the last four. */
  readonly words: Int32Array;
  readonly lastWord: number;
}

/** @param text of at least four plain signs. */
export function literal(text: string): Literal {
  const bytes = new DataView(new TextEncoder().encode(text).buffer);
  const length = bytes.byteLength;
  const words = Int32Array.from({ length: length >> 2 }, (_, index) => bytes.getInt32(4 * index, true));
  return { length, words, lastWord: bytes.getInt32(length - 4, true) };
}

export function skip({ length, words, lastWord }: Literal): boolean {
  if (at + length > source.length) return false;
  const start = firstByte + at;
  for (let i = 0; i < words.length; i++) if (memory.getInt32(start + 4 * i, true) !== words[i]) return false;
  if (memory.getInt32(start + length - 4, true) !== lastWord) return false;
  at += length;
  return true;
}

export function skipByte(code: number): boolean {
  if (source[at] !== code) return false;
  at++;
  return true;
}

export function digit(): number {
  return (source[at++] ?? 0) - 48;
}

/** @returns microseconds since the epoch; NaN for anything but 13 digits, the first of them not 0. */
export function timeAfter(text: Literal): number {
  if (!skip(text)) return Number.NaN;
  const start = at;
  const head = eightDigits(start);
  // The digits 6 to 13, of which the first three are known.
  const tail = eightDigits(start + 5);
  if ((head | tail) < 0) return Number.NaN;
  at = start + 13;
  const ms = head * 100_000 + (tail % 100_000);
  return ms >= 1e12 ? ms * 1000 : Number.NaN;
}

/** So many digits are a small integer, to which a digit is added several times as fast as to a double. */
const SMALL_DIGITS = 9;
const SHIFTS = Array.from({ length: SMALL_DIGITS + 1 }, (_, digits) => 10 ** digits);

/** What the digits say, as long as that is below 2^53; what is more stays more. */
function joined(head: number, tail: number, digits: number): number {
  if (digits <= SMALL_DIGITS) return head;
  const shift = SHIFTS[digits - SMALL_DIGITS];
  return shift === undefined ? Number.POSITIVE_INFINITY : head * shift + tail;
}

/** @returns NaN for what is no decimal number. */
export function decimalAfter(text: Literal): number {
  if (!skip(text)) return Number.NaN;
  const bytes = source;
  const start = at;
  let whole = 0;
  let dot = start;
  for (; dot - start < MOST_WHOLE_DIGITS; dot++) {
    const code = bytes[dot] ?? 0;
    if (code < 48 || code > 57) break;
    whole = whole * 10 + (code - 48);
  }
  if (bytes[dot] === DOT && dot > start) {
    const fraction = eightDigits(dot + 1);
    const end = dot + 9;
    if (fraction >= 0 && bytes[end] === QUOTE) {
      at = end;
      return (whole * 1e8 + fraction) / 1e8;
    }
  }
  return otherDecimal();
}

const DOT = 46;
const QUOTE = 34;
/** So many digits before the point and eight behind it are an integer that a double holds exactly. */
const MOST_WHOLE_DIGITS = 7;

/** One that is not written with eight digits behind the point, as most are. */
function otherDecimal(): number {
  const bytes = source;
  const start = at;
  let head = 0;
  let tail = 0;
  let digits = 0;
  let dotAt = -1;
  let end = start;
  for (const { length } = bytes; end < length; end++) {
    const code = bytes[end] ?? 0;
    if (code >= 48 && code <= 57) {
      if (digits < SMALL_DIGITS) head = head * 10 + (code - 48);
      else if (digits < 2 * SMALL_DIGITS) tail = tail * 10 + (code - 48);
      digits++;
    } else if (code === 46 && dotAt < 0) dotAt = end;
    else break;
  }
  at = end;
  const length = end - start;
  if (length === 0 || length > MAX_DECIMAL_LENGTH || dotAt === start || dotAt === end - 1) return Number.NaN;
  const fractionDigits = dotAt < 0 ? 0 : end - 1 - dotAt;
  return exactQuotient(joined(head, tail, digits), fractionDigits) ?? Number(textOf(start, end));
}

export function wordAfter(text: Literal): string {
  return skip(text) ? word() : '';
}

/** The same few hundred words come again and again: each is made a text once, by its hash. */
const WORDS = 8192;
const knownWords: string[] = new Array(WORDS).fill('');

/** @returns the empty text for what is no plain word. */
export function word(): string {
  const bytes = source;
  const start = at;
  let end = start;
  let hash = 0;
  for (; end < bytes.length; end++) {
    const code = bytes[end] ?? 0;
    if (!((code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code === 95)) break;
    hash = (Math.imul(hash, 31) + code) | 0;
  }
  at = end;
  const length = end - start;
  if (length > MAX_SYMBOL_LENGTH) return '';
  const slot = (hash ^ (hash >>> 11)) & (WORDS - 1);
  const known = knownWords[slot] ?? '';
  if (known.length === length && isWordAt(start, known)) return known;
  const text = textOf(start, end);
  knownWords[slot] = text;
  return text;
}

/** Whether the text, of plain signs, comes next. It is skipped then. */
export function skipWord(text: string): boolean {
  if (!isWordAt(at, text)) return false;
  at += text.length;
  return true;
}

function isWordAt(start: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (source[start + i] !== text.charCodeAt(i)) return false;
  return true;
}

function textOf(start: number, end: number): string {
  return String.fromCharCode(...source.subarray(start, end));
}

/** @returns -1 for what is no whole number, or may be larger than a double holds exactly. */
export function integerAfter(text: Literal): number {
  if (!skip(text)) return -1;
  const bytes = source;
  const start = at;
  let head = 0;
  let tail = 0;
  let end = start;
  for (; end < bytes.length; end++) {
    const code = bytes[end] ?? 0;
    if (code < 48 || code > 57) break;
    if (end - start < SMALL_DIGITS) head = head * 10 + (code - 48);
    else if (end - start < 2 * SMALL_DIGITS) tail = tail * 10 + (code - 48);
  }
  at = end;
  const digits = end - start;
  const value = joined(head, tail, digits);
  // JSON has no leading zeros.
  const isWritten = digits > 0 && (digits === 1 || bytes[start] !== 48);
  return isWritten && value <= Number.MAX_SAFE_INTEGER ? value : -1;
}

/** Skips what may stand in the name of a stream before its `@`. */
export function skipName(): void {
  for (; at < source.length; at++) {
    const code = source[at] ?? 0;
    if (!((code >= 97 && code <= 122) || (code >= 48 && code <= 57) || code === 95)) return;
  }
}
