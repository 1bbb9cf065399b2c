/**
 * Where a command prints: data on stdout, everything else on stderr. Passed to commands, so that tests can look.
 */
export interface Io {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Whether stderr shows colour. */
  readonly color: boolean;
  /** Whether stdout shows colour. */
  readonly dataColor: boolean;
  /** Whether a terminal shows more than ASCII. */
  readonly unicode: boolean;
  /** Silence for everything but errors. */
  readonly quiet: boolean;
  /** One line for a person, on stderr; nothing with `--quiet`. */
  say(line: string): void;
  /** One line of data, on stdout. */
  print(line: string): void;
}

export interface IoOptions {
  readonly quiet: boolean;
  /** `false` from `--no-color`; undefined leaves it to the environment. */
  readonly color: boolean | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export function createIo({ quiet, color, env }: IoOptions): Io {
  const { stdout, stderr } = process;
  return {
    stdout,
    stderr,
    color: color ?? wantsColor(stderr, env),
    dataColor: color ?? wantsColor(stdout, env),
    unicode: isUtf8(env),
    quiet,
    say: (line) => {
      if (!quiet) stderr.write(`${line}\n`);
    },
    print: (line) => {
      stdout.write(`${line}\n`);
    },
  };
}

/** `NO_COLOR` (any text) beats `FORCE_COLOR`; else a terminal that is not dumb has colour. https://no-color.org */
export function wantsColor(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  if (env.NO_COLOR) return false;
  const forced = env.FORCE_COLOR ?? env.CLICOLOR_FORCE;
  if (forced) return forced !== '0' && forced !== 'false';
  return stream.isTTY === true && env.TERM !== 'dumb';
}

/** By the locale; one that says nothing (containers, cron) is taken for UTF-8. */
function isUtf8(env: Readonly<Record<string, string | undefined>>): boolean {
  return /^$|utf-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || '');
}
