/** The only place where an error becomes text and an exit code: `error:` says what happened, `hint:` what to do. */
import { CommanderError } from 'commander';
import { LakeError, messageOf, systemCodeOf } from '../base/errors.ts';
import { printable } from '../base/printable.ts';

/**
 * @param help the command that shows what would have been right.
 * @returns the exit code that belongs to what was thrown; 0 when it was only a request for help.
 */
export function reportError(
  thrown: unknown,
  verbose: boolean,
  write: (text: string) => void,
  help = 'crypto-lake --help',
): number {
  if (thrown instanceof CommanderError) return reportUsage(thrown, write, help);
  const error = asLakeError(thrown);
  write(`error: ${printable(error.message, 2000)} [${error.code}]\n`);
  if (error.hint) write(`hint: ${printable(error.hint, 2000)}\n`);
  if (verbose) write(`${printable(chainOf(thrown), 20_000, true)}\n`);
  return error.exitCode;
}

function reportUsage(error: CommanderError, write: (text: string) => void, help: string): number {
  if (error.exitCode === 0) return 0;
  if (error.code === 'commander.help') return 2;
  const [what = '', ...rest] = error.message.replace(/^error: /, '').split('\n');
  const guess = /Did you mean (?:one of )?(.*)\?/.exec(rest.join(' '))?.[1];
  write(`error: ${printable(what, 2000)} [USAGE]\n`);
  write(guess ? `hint: did you mean ${printable(guess, 200)}?\n` : `hint: see \`${help}\`\n`);
  return 2;
}

function asLakeError(thrown: unknown): LakeError {
  if (thrown instanceof LakeError) return thrown;
  switch (systemCodeOf(thrown)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new LakeError('DISK_FULL', messageOf(thrown), {
        hint: 'free some space; nothing stored is lost',
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOTDIR':
    case 'EEXIST':
      return new LakeError('LAKE_UNWRITABLE', messageOf(thrown), {
        hint: 'choose another folder with `--lake`, or fix its permissions',
      });
    default:
      return new LakeError('INTERNAL', messageOf(thrown), {
        hint: 'this is a bug in crypto-lake; run again with `-v` and report what it prints',
      });
  }
}

function chainOf(thrown: unknown): string {
  const stacks: string[] = [];
  for (let error: unknown = thrown; error instanceof Error && stacks.length < 8; error = error.cause) {
    stacks.push(error.stack ?? error.message);
  }
  return stacks.join('\ncaused by ');
}
