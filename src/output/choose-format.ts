/** Which form a call means. */
import { extname } from 'node:path';
import { LakeError } from '../base/errors.ts';
import { type Format, isBinary } from './format.ts';
import { fileOf, isShown, type OutputOptions, type OutputTarget } from './output-options.ts';

const BY_ENDING: Readonly<Record<string, Format>> = {
  '.json': 'json',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
  '.csv': 'csv',
  '.md': 'markdown',
  '.parquet': 'parquet',
  '.arrow': 'arrow',
  '.arrows': 'arrow',
  '.feather': 'arrow',
  '.txt': 'table',
};

/** The endings of Arrow's file form; without one of them it is a stream. https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format */
export function arrowForm(options: OutputOptions): 'file' | 'stream' {
  return /\.(arrow|feather)$/i.test(fileOf(options) ?? '') ? 'file' : 'stream';
}

/** What was asked for, then the file's ending, then: a table on a terminal, NDJSON in a pipe. @throws LakeError USAGE. */
export function chooseFormat(
  options: OutputOptions,
  target: OutputTarget,
  otherwise: Format = target.stdout.isTTY === true ? 'table' : 'ndjson',
): Format {
  const format = options.format ?? byEnding(options) ?? otherwise;
  if (isBinary(format) && isShown(options, target)) {
    throw new LakeError('USAGE', `${format} is binary and cannot be shown on a terminal`, {
      hint: 'name a file with `-o`, or use a pipe',
    });
  }
  return format;
}

function byEnding({ path }: OutputOptions): Format | undefined {
  if (path === undefined) return undefined;
  const ending = extname(path).toLowerCase();
  if (ending === '' || BY_ENDING[ending] !== undefined) return BY_ENDING[ending];
  throw new LakeError('USAGE', `the ending of \`${path}\` names no format`, {
    hint: `add \`--format\`, or end it in ${Object.keys(BY_ENDING).join(', ')}`,
  });
}
