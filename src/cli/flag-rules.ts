/**
 * Which flags and arguments go together, said once for all commands: what a call does not use is refused instead of
 * ignored. commander's own conflicts know neither arguments nor flags that need another one.
 */
import type { Command } from 'commander';
import { LakeError } from '../base/errors.ts';

/** Flags by their long form; an argument by its value where it has choices, else by its name in capitals. */
interface FlagRules {
  /** At most one of each list. */
  readonly oneOf?: readonly (readonly string[])[];
  /** What the key makes meaningless. */
  readonly excludes?: Readonly<Record<string, readonly string[]>>;
  /** Without one of these the key means nothing. */
  readonly needs?: Readonly<Record<string, readonly string[]>>;
}

const OUTPUT = ['--format', '--json', '--output', '--no-truncate'];
const PRICES: FlagRules = { oneOf: [['--all', '--quote', '--symbols']] };

const RULES: Readonly<Record<string, FlagRules>> = {
  prices: PRICES,
  both: PRICES,
  once: PRICES,
  read: {
    oneOf: [['ANALYSIS', '--sql', '--file', '--coverage', '--list', '--interactive']],
    excludes: {
      '--list': ['--since', '--as-of', '--plot', '--show-sql', '--table', '--memory'],
      '--interactive': ['--since', '--plot', '--show-sql', '--output'],
      '--show-sql': ['--plot', '--as-of', '--table', '--memory', ...OUTPUT],
      '--plot': ['--coverage', ...OUTPUT],
    },
  },
  tables: {
    oneOf: [['TABLE', '--history', '--verify', '--check', '--restore']],
    needs: { '--to': ['--restore'], '--max-lag': ['--check'] },
  },
  compact: {
    oneOf: [['--partition', '--where']],
    excludes: {
      '--vacuum': ['--all', '--partition', '--where', '--zorder', '--target-size', '--memory'],
    },
  },
  symbols: {
    // Without an action it is `list`.
    excludes: {
      list: ['NAME', '--featured'],
      refresh: ['NAME', '--featured', '--market', '--venue'],
      '--all': ['add', 'remove', 'refresh'],
    },
  },
  service: {
    excludes: { '--cron': ['--system', '--run-as', 'both', 'liquidations', 'prices', 'serve', 'up'] },
    needs: {
      '--run-as': ['install'],
      '--backup': ['install'],
      '--dry-run': ['install', 'uninstall'],
      ...Object.fromEntries(OUTPUT.map((flag) => [flag, ['status']])),
    },
  },
  doctor: { oneOf: [['--network', '--smoke']] },
  users: {
    excludes: { list: ['NAME'] },
    needs: {
      '--role': ['add'],
      ...Object.fromEntries(OUTPUT.map((flag) => [flag, ['list']])),
    },
  },
  train: {
    excludes: {
      '--replay': [
        '--symbol',
        '--timeframe',
        '--target',
        '--horizon',
        '--features',
        '--since',
        '--until',
        '--ridge',
        '--folds',
        '--seed',
        '--promote',
        '--plot',
        '--every',
      ],
      '--every': ['--until'],
    },
    needs: { '--metrics': ['--every'] },
  },
  predict: { needs: { '--metrics': ['--every'] } },
  derive: { needs: { '--metrics': ['--follow'] } },
  models: {
    needs: { '--to': ['export'] },
  },
  simulate: { excludes: { '--play': ['--rate', '--seed'] } },
};

/** @throws LakeError USAGE. */
export function checkFlags(command: Command): void {
  checkValues(command);
  const { oneOf = [], excludes = {}, needs = {} } = RULES[command.name()] ?? {};
  const given = givenTo(command);
  const clash = (a: string, b: string) =>
    refusal(command, `${shown(a)} and ${shown(b)} do not go together`, 'leave out one of them');
  for (const group of [...oneOf, ['--json', '--format']]) {
    const [first, second] = group.filter((name) => given.has(name));
    if (first !== undefined && second !== undefined) throw clash(first, second);
  }
  for (const [name, others] of Object.entries(excludes)) {
    const other = given.has(name) ? others.find((candidate) => given.has(candidate)) : undefined;
    if (other !== undefined) throw clash(name, other);
  }
  for (const [name, others] of Object.entries(needs)) {
    if (!given.has(name) || others.some((other) => given.has(other))) continue;
    throw refusal(
      command,
      `${shown(name)} is only for ${others.map(shown).join(' and ')}`,
      'leave it out, or add that',
    );
  }
}

/** A flag whose value was forgotten takes the next flag for it. */
function checkValues(command: Command): void {
  const scopes = command.parent ? [command, command.parent] : [command];
  const flags = new Set(scopes.flatMap(({ options }) => options.map(({ long }) => long)));
  for (const scope of scopes) {
    for (const option of scope.options) {
      const value: unknown = scope.getOptionValue(option.attributeName());
      if (typeof value !== 'string' || !flags.has(value)) continue;
      if (scope.getOptionValueSource(option.attributeName()) !== 'cli') continue;
      throw refusal(
        command,
        `\`${option.long}\` has no value: \`${value}\` is a flag`,
        'put its value behind it',
      );
    }
  }
}

function givenTo(command: Command): ReadonlySet<string> {
  const flags = command.options
    .filter((option) => command.getOptionValueSource(option.attributeName()) === 'cli')
    .map(({ long }) => long ?? '');
  const args = command.args.map((value, index) => {
    const argument = command.registeredArguments[index];
    return argument?.argChoices ? value : (argument?.name().toUpperCase() ?? '');
  });
  return new Set([...flags, ...args]);
}

function shown(name: string): string {
  return /^[A-Z]/.test(name) ? `the argument \`${name.toLowerCase()}\`` : `\`${name}\``;
}

function refusal(command: Command, what: string, hint: string): LakeError {
  return new LakeError('USAGE', what, { hint: `${hint}; see \`crypto-lake ${command.name()} --help\`` });
}
