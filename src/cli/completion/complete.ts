/**
 * What may stand at the cursor of a command line, found in the commander tree: commands, flags, their choices, and,
 * by the name of a placeholder such as `<table>`, what is in the lake. There is no second list of commands or flags.
 */
import type { Argument, Command, Option } from 'commander';

export interface Candidate {
  readonly value: string;
  readonly description: string;
}

/** The shell completes these itself. */
export type Paths = 'files' | 'folders';

/** What a placeholder stands for, as far as it is not in the tree. @param words what is typed so far. */
export type Values = (placeholder: string, words: readonly string[]) => Promise<readonly Candidate[] | Paths>;

/**
 * @param words after the program's name, up to the one at the cursor, which may be empty. bash gives `--flag=value` as
 *   three words.
 */
export async function complete(
  program: Command,
  words: readonly string[],
  values: Values,
): Promise<readonly Candidate[] | Paths> {
  const typed = words.filter((word, index) => word !== '=' || !words[index - 1]?.startsWith('--'));
  const isAfterEquals = words.at(-1) === '=' && typed.length < words.length;
  const current = isAfterEquals ? '' : (typed.at(-1) ?? '');
  const before = isAfterEquals ? typed : typed.slice(0, -1);
  const place = walk(program, before);
  const [, flag, begun] = /^(--[\w-]+)=(.*)$/s.exec(current) ?? [];
  const option = flag === undefined ? place.pending : findOption(program, place.command, flag);
  if (option?.required) {
    const found = await valuesOf(option, words, values);
    return typeof found === 'string' ? found : matching(found, begun ?? current, flag ? `${flag}=` : '');
  }
  if (current.startsWith('-') && !place.isLiteral) return matching(flagsOf(program, place.command), current);
  if (place.command === program || place.command.name() === 'help') {
    return matching(commandsOf(program), current);
  }
  const argument = place.command.registeredArguments[place.positionals];
  if (argument === undefined) return [];
  const found = await valuesOf(argument, words, values);
  return typeof found === 'string' ? found : matching(found, current);
}

interface Place {
  readonly command: Command;
  /** The option whose value comes next. */
  readonly pending: Option | undefined;
  readonly positionals: number;
  /** After `--`. */
  readonly isLiteral: boolean;
}

function walk(program: Command, words: readonly string[]): Place {
  let command = program;
  let pending: Option | undefined;
  let positionals = 0;
  let isLiteral = false;
  for (const word of words) {
    if (pending !== undefined) {
      pending = undefined;
    } else if (word === '--') {
      isLiteral = true;
    } else if (word.startsWith('-') && !isLiteral) {
      const option = word.includes('=') ? undefined : findOption(program, command, word);
      if (option?.required) pending = option;
    } else if (command === program) {
      command = subcommands(program).find((candidate) => candidate.name() === word) ?? command;
    } else {
      positionals++;
    }
  }
  return { command, pending, positionals, isLiteral };
}

function subcommands(program: Command): readonly Command[] {
  return program.createHelp().visibleCommands(program);
}

function optionsOf(program: Command, command: Command): readonly Option[] {
  const help = program.createHelp();
  return [...new Set([command, program])].flatMap((owner) => help.visibleOptions(owner));
}

function findOption(program: Command, command: Command, flag: string): Option | undefined {
  return optionsOf(program, command).find(({ long, short }) => long === flag || short === flag);
}

function flagsOf(program: Command, command: Command): Candidate[] {
  const flags = optionsOf(program, command).map(({ long, short, description }) => ({
    value: long ?? short ?? '',
    description,
  }));
  return flags.filter(({ value }, index) => flags.findIndex((flag) => flag.value === value) === index);
}

function commandsOf(program: Command): Candidate[] {
  return subcommands(program).map((command) => ({
    value: command.name(),
    description: command.description(),
  }));
}

async function valuesOf(
  holder: Option | Argument,
  words: readonly string[],
  values: Values,
): Promise<readonly Candidate[] | Paths> {
  const placeholder = 'flags' in holder ? (/<(.+)>/.exec(holder.flags)?.[1] ?? '') : holder.name();
  const choices = holder.argChoices ?? (placeholder.includes('|') ? placeholder.split('|') : undefined);
  if (choices !== undefined) return choices.map((value) => ({ value, description: '' }));
  return values(placeholder, words);
}

/** Of a list such as `BTCUSDT,ETH` the last item is completed. */
function matching(candidates: readonly Candidate[], current: string, before = ''): Candidate[] {
  const head = current.slice(0, current.lastIndexOf(',') + 1);
  const begun = current.slice(head.length);
  return candidates
    .filter(({ value }) => value.startsWith(begun))
    .map(({ value, description }) => ({ value: before + head + value, description }));
}
