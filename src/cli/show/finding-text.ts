/** One finding of `doctor` for people: a mark, the name, the text, and below it what fixes it; never wider than 80. */

import { printable } from '../../base/printable.ts';
import type { CheckResult } from '../../doctor/check.ts';
import { wrapText } from '../../output/wrap-text.ts';

const MARKS = { ok: '✓', warn: '!', fail: '✗', skipped: '–' } as const;
const COLORS = { ok: 32, warn: 33, fail: 31, skipped: 2 } as const;
const MAX_COLUMNS = 80;
const NAME_COLUMNS = 13;
const MAX_CHARS = 2000;

export function findingText(
  finding: { readonly check: string } & CheckResult,
  {
    color,
    columns: available = MAX_COLUMNS,
  }: { readonly color: boolean; readonly columns: number | undefined },
): string {
  const { check, status, text } = finding;
  const columns = Math.min(available, MAX_COLUMNS);
  const mark = color ? `\x1b[${COLORS[status]}m${MARKS[status]}\x1b[0m` : MARKS[status];
  // A narrow terminal has no room for a column of names.
  const indent = columns < 60 ? 2 : NAME_COLUMNS + 3;
  const [first = '', ...rest] = wrapText(printable(text, MAX_CHARS), columns - indent);
  const head =
    columns < 60 ? [`${mark} ${check}`, `  ${first}`] : [`${mark} ${check.padEnd(NAME_COLUMNS)} ${first}`];
  const fix = 'fix' in finding ? wrapText(`→ ${printable(finding.fix, MAX_CHARS)}`, columns - indent) : [];
  return [...head, ...[...rest, ...fix].map((line) => ' '.repeat(indent) + line)].join('\n');
}
