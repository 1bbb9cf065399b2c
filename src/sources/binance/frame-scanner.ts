/**
 * Reads a frame that is written exactly as expected, byte by byte: several times as fast as a JSON parser, and without a
 * text for each field. There is one frame at a time; loops work on copies, which the compiler keeps in registers.
 */
import { exactQuotient, MAX_DECIMAL_LENGTH } from '../../base/decimal.ts';
import { MAX_SYMBOL_LENGTH } from '../symbol.ts';

let source: Uint8Array = new Uint8Array(0);
/** How far it is read. */
let at = 0;

/** What follows is about this frame. */
export function beginFrame(frame: Uint8Array): void {
  source = frame;
  at = 0;
}

export function isAtEnd(): boolean {
  return at === source.length;
}

export function skip(text: Uint8Array): boolean {
  const bytes = source;
  const start = at;
  if (start + text.length > bytes.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text[i]) return false;
  at = start + text.length;
  return true;
}

export function digit(): number {
  return (source[at++] ?? 0) - 48;
}

/** @returns microseconds since the epoch; NaN for anything but 13 digits, the first of them not 0. */
export function timeAfter(text: Uint8Array): number {
  if (!skip(text)) return Number.NaN;
  const bytes = source;
  const start = at;
  let head = 0;
  let tail = 0;
  for (let i = 0; i < 13; i++) {
    const code = bytes[start + i] ?? 0;
    if (code < 48 || code > 57) return Number.NaN;
    if (i < SMALL_DIGITS) head = head * 10 + (code - 48);
    else tail = tail * 10 + (code - 48);
  }
  at = start + 13;
  const ms = head * 10_000 + tail;
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
export function decimalAfter(text: Uint8Array): number {
  if (!skip(text)) return Number.NaN;
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

export function wordAfter(text: Uint8Array): string {
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
export function integerAfter(text: Uint8Array): number {
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
