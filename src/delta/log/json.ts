/**
 * JSON with exact 64-bit integers: numbers beyond 2^53 become bigint and are written bare. Texts without a long run
 * of digits outside of strings, nearly all, take the native parser: it is faster, and the other one leaves each string as
 * a tree of its pieces, which for the statistics of a file is ten times as large.
 */
import { parse as parseExact, stringify as stringifyExact } from 'json-custom-numbers';

/** @throws SyntaxError */
export function parseJson(text: string): unknown {
  if (!hasLongNumber(text) || !hasLongNumber(withoutStrings(text))) return JSON.parse(text);
  return parseExact(text, undefined, (_key, digits) => {
    const number = Number(digits);
    return Number.isSafeInteger(number) || !/^-?\d+$/.test(digits) ? number : BigInt(digits);
  });
}

/** By hand: in a text that others wrote, an expression might look for the end of a string again and again. */
function withoutStrings(text: string): string {
  const pieces: string[] = [];
  for (let at = 0; at < text.length; ) {
    const open = text.indexOf('"', at);
    if (open === -1) return pieces.concat(text.slice(at)).join('"');
    pieces.push(text.slice(at, open));
    at = endOfString(text, open) + 1;
  }
  return pieces.join('"');
}

function endOfString(text: string, open: number): number {
  for (let at = text.indexOf('"', open + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let before = at;
    while (text[before - 1] === '\\') before--;
    if ((at - before) % 2 === 0) return at;
  }
  return text.length;
}

const LONG = 16;

/** Whether there are so many digits in a row: one of every so many characters is then among them. */
function hasLongNumber(text: string): boolean {
  for (let at = LONG - 1; at < text.length; at += LONG) {
    if (!isDigit(text, at)) continue;
    let [first, last] = [at, at];
    while (isDigit(text, first - 1)) first--;
    while (isDigit(text, last + 1)) last++;
    if (last - first + 1 >= LONG) return true;
  }
  return false;
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57;
}

/** Numbers come as the text that stands there: a decimal of 38 digits has no other exact form. @throws SyntaxError */
export function parseJsonTexts(text: string): unknown {
  return parseExact(text, undefined, (_key, digits) => digits);
}

export function stringifyJson(value: unknown): string {
  return stringifyExact(value, undefined, undefined, (_key, item) =>
    typeof item === 'bigint' ? item.toString() : undefined,
  );
}

/** The same text for equal values, whatever the order of their keys; keys without a value do not count. */
export function canonicalJson(value: unknown): string {
  return stringifyJson(sorted(value));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, sorted(item)]),
  );
}
