/**
 * Text from outside made safe for a terminal and a log line: control characters, line breaks, bidirectional marks
 * and lone surrogates become visible escapes, and the length is bounded.
 */
export function printable(text: string, maxLength: number, keepLineBreaks = false): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
  return cut.replace(/[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, (character) =>
    keepLineBreaks && character === '\n'
      ? character
      : `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}
