export const MAX_SYMBOL_LENGTH = 64;

/** Any Unicode name without control characters: symbols may be Chinese, start with digits, contain `_`. */
export function isSymbol(text: string): boolean {
  if (text.length === 0 || text.length > MAX_SYMBOL_LENGTH) return false;
  return isPlainAscii(text) || !/[\p{Cc}\p{Cs}\s]/u.test(text);
}

/** The usual case, without the cost of a Unicode pattern. */
function isPlainAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code <= 32 || code >= 127) return false;
  }
  return true;
}
