/** The line of a crontab that collects prices now and then. Pure. Source: crontab(5). */
import { LakeError } from '../base/errors.ts';

export interface CronOptions {
  readonly lake: string;
  readonly node: string;
  readonly program: string;
  /** Where a `.env` lies; undefined when there is none. */
  readonly workingFolder: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
}

const EVERY_FIVE_MINUTES = '*/5 * * * *';
/** The shell takes it for a comment; by it the line is found again. */
const MARK = '# crypto-lake service';

/** @throws LakeError USAGE for a path that a crontab cannot hold. */
export function cronLine({ lake, node, program, workingFolder, environment }: CronOptions): string {
  const words = [
    ...(workingFolder === undefined ? [] : ['cd', quote(workingFolder), '&&']),
    ...Object.entries(environment).map(([name, value]) => `${name}=${quote(value)}`),
    quote(node),
    quote(program),
    'once',
    '--quiet',
    '--lake',
    quote(lake),
  ];
  return `${EVERY_FIVE_MINUTES} ${words.join(' ')} ${MARK}`;
}

/** Whether a line is ours, of the same lake. */
export function isOurLine(line: string, lake: string): boolean {
  return line.endsWith(` --lake ${quote(lake)} ${MARK}`);
}

/** The crontab with `line` in place of what stood there for this lake; all other lines as they were. */
export function withLine(crontab: string, lake: string, line: string | undefined): string {
  const lines = crontab.split('\n').filter((other) => !isOurLine(other, lake));
  while (lines.at(-1) === '') lines.pop();
  const all = line === undefined ? lines : [...lines, line];
  return all.length === 0 ? '' : `${all.join('\n')}\n`;
}

/** For the shell in single quotes; cron itself ends the command at a bare `%`, and does not agree on `\\`. */
function quote(word: string): string {
  if (/\p{Cc}|\p{Cs}|\\/u.test(word)) {
    throw new LakeError('USAGE', `\`${word}\` has a character in it that a crontab cannot hold`, {
      hint: 'choose a path of letters, digits and spaces',
    });
  }
  // A quote in the word is put in double quotes: no backslash is needed.
  return `'${word.replaceAll("'", `'"'"'`)}'`.replaceAll('%', '\\%');
}
