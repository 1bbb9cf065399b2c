/** The forms in which rows leave the program, and which one a call means. */
import { extname } from 'node:path';
import { LakeError } from '../base/errors.ts';
import type { Flags } from '../cli/context.ts';

export const FORMATS = ['table', 'json', 'ndjson', 'csv', 'markdown', 'parquet', 'arrow'] as const;
export type Format = (typeof FORMATS)[number];

const BY_ENDING: Readonly<Record<string, Format>> = {
  '.json': 'json',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
  '.csv': 'csv',
  '.md': 'markdown',
  '.parquet': 'parquet',
  '.arrow': 'arrow',
  '.arrows': 'arrow',
  '.txt': 'table',
};

/** Whether it is bytes, not text. */
export function isBinary(format: Format): format is 'parquet' | 'arrow' {
  return format === 'parquet' || format === 'arrow';
}

/** Flags first, then the file's ending, then: a table on a terminal, NDJSON in a pipe. @throws LakeError USAGE. */
export function chooseFormat(
  flags: Flags,
  isTerminal: boolean,
  otherwise: Format = isTerminal ? 'table' : 'ndjson',
): Format {
  const format = asked(flags) ?? otherwise;
  if (isBinary(format) && isTerminal && !isFile(flags)) {
    throw new LakeError('USAGE', `${format} is binary and cannot be shown on a terminal`, {
      hint: 'name a file with `-o`, or use a pipe',
    });
  }
  return format;
}

function asked(flags: Flags): Format | undefined {
  if (flags.json === true) return 'json';
  if (typeof flags.format === 'string') return flags.format as Format;
  if (typeof flags.output !== 'string') return undefined;
  const ending = extname(flags.output).toLowerCase();
  if (ending === '' || BY_ENDING[ending] !== undefined) return BY_ENDING[ending];
  throw new LakeError('USAGE', `the ending of \`${flags.output}\` names no format`, {
    hint: `add \`--format\`, or end it in ${Object.keys(BY_ENDING).join(', ')}`,
  });
}

/** Whether the rows go to a file; `-o -` is stdout. */
export function isFile(flags: Flags): boolean {
  return typeof flags.output === 'string' && flags.output !== '-' && flags.output !== '/dev/stdout';
}
