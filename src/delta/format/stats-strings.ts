/**
 * Bounds of string columns in file statistics.
 * Source: Delta protocol, "Per-file Statistics"; a plain cut is not an upper bound, so a cut maximum gets a tie-breaker.
 */

/** `delta.dataSkippingStringPrefixLength`. */
const PREFIX_LENGTH = 32;
/** Where the search for a tie-breaker gives up. */
const MAX_SEARCH_LENGTH = 64;

/** Order by UTF-8 bytes, as every other engine does; JavaScript's `<` differs above U+FFFF. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left === right) continue;
    // Surrogates (code points above U+FFFF) sort after every other unit in UTF-8.
    const leftHigh = left >= 0xd800 && left <= 0xdfff;
    const rightHigh = right >= 0xd800 && right <= 0xdfff;
    return leftHigh === rightHigh ? left - right : leftHigh ? 1 : -1;
  }
  return a.length - b.length;
}

/** A lower bound: the prefix, one unit longer where a surrogate pair would be cut. */
export function lowerBound(text: string): string {
  return text.slice(0, prefixEnd(text));
}

/** An upper bound of a long text, or undefined when none of bearable length exists. */
export function upperBound(text: string): string | undefined {
  if (text.length <= PREFIX_LENGTH) return text;
  for (let end = prefixEnd(text); end <= MAX_SEARCH_LENGTH; ) {
    const next = text.codePointAt(end);
    if (next === undefined) return text;
    if (next < 0x7f) return `${text.slice(0, end)}\u007f`;
    if (next < 0x10ffff) return `${text.slice(0, end)}\u{10ffff}`;
    end += 2;
  }
  return undefined;
}

function prefixEnd(text: string): number {
  const last = text.charCodeAt(PREFIX_LENGTH - 1);
  return last >= 0xd800 && last <= 0xdbff ? PREFIX_LENGTH + 1 : PREFIX_LENGTH;
}
