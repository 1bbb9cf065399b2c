import { printable } from './printable.ts';

/**
 * A word as a shell reads it back; plain words stay plain. What a terminal would not show is written byte by byte in
 * `$'…'`. Source: POSIX.1-2024, "Dollar-Single-Quotes", as in bash and zsh.
 */
export function shellQuote(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  if (isShown(word)) return `'${word.replaceAll("'", `'\\''`)}'`;
  return `$'${Array.from(word, (character) =>
    isShown(character) ? character.replace(/['\\]/, '\\$&') : octalBytes(character),
  ).join('')}'`;
}

function isShown(text: string): boolean {
  return printable(text, text.length) === text;
}

function octalBytes(character: string): string {
  return Array.from(Buffer.from(character), (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}
