import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { printable } from '../../src/base/printable.ts';
import { shellQuote } from '../../src/base/shell-quote.ts';

it.each([
  ['/srv/lake', '/srv/lake'],
  ["/srv/my lake's", `'/srv/my lake'\\''s'`],
  ['币安 人生', "'币安 人生'"],
  ['a\nb', "$'a\\012b'"],
  [`\x1b[31m'red\\7 \u202e币`, `$'\\033[31m\\'red\\\\7 \\342\\200\\256币'`],
])('%j is a word that a terminal shows and a shell reads back', (word, quoted) => {
  expect(shellQuote(word)).toBe(quoted);
  expect(printable(quoted, 1000)).toBe(quoted);
  expect(String(execFileSync('bash', ['-c', `printf %s ${quoted}`]))).toBe(word);
});
