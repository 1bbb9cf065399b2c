/** The lines of a crontab that collect prices now and then, and back them up. Pure. Source: crontab(5). */
import { durationLiteral } from '../base/duration.ts';
import { LakeError } from '../base/errors.ts';

export interface CronOptions {
  readonly lake: string;
  readonly node: string;
  readonly program: string;
  /** Where a `.env` lies; undefined when there is none. */
  readonly workingFolder: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
}

export interface CronBackup {
  readonly to: string;
  readonly keepMs: number;
}

const EVERY_FIVE_MINUTES = '*/5 * * * *';
/** At night, and not when all the jobs of the full hour begin. */
const ONCE_A_DAY = '17 3 * * *';
/** The shell takes it for a comment; by it the line is found again. */
const MARK = '# crypto-lake service';

/** @throws LakeError USAGE for a path that a crontab cannot hold. */
export function collectLine(options: CronOptions): string {
  return lineOf(EVERY_FIVE_MINUTES, ['once'], options);
}

/** @throws LakeError USAGE for a path that a crontab cannot hold. */
export function backupLine(options: CronOptions, { to, keepMs }: CronBackup): string {
  return lineOf(ONCE_A_DAY, ['backup', '--to', quote(to), '--keep', durationLiteral(keepMs)], options);
}

function lineOf(
  times: string,
  command: readonly string[],
  { lake, node, program, workingFolder, environment }: CronOptions,
): string {
  const words = [
    ...(workingFolder === undefined ? [] : ['cd', quote(workingFolder), '&&']),
    ...Object.entries(environment).map(([name, value]) => `${name}=${quote(value)}`),
    quote(node),
    quote(program),
    ...command,
    '--quiet',
    '--lake',
    quote(lake),
  ];
  return `${times} ${words.join(' ')} ${MARK}`;
}

/** Whether a line is ours, of the same lake. */
export function isOurLine(line: string, lake: string): boolean {
  return line.endsWith(` --lake ${quote(lake)} ${MARK}`);
}

/** The crontab with `own` in place of what stood there for this lake; all other lines as they were. */
export function withLines(crontab: string, lake: string, own: readonly string[]): string {
  const lines = crontab.split('\n').filter((other) => !isOurLine(other, lake));
  while (lines.at(-1) === '') lines.pop();
  const all = [...lines, ...own];
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
