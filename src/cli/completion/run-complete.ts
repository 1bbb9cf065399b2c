/** `crypto-lake __complete WORD…`: one candidate a line, `value<TAB>description`; `:files` leaves it to the shell. */
import type { Config } from '../../config/config.ts';
import { loadConfig } from '../../config/load-config.ts';
import { buildProgram } from '../program.ts';
import { complete } from './complete.ts';
import { lakeValues } from './lake-values.ts';

/** Names of tables and symbols come from outside and end up on a command line: nothing that a shell would act on. */
const SAFE = /^[\p{L}\p{N}_.,=@+-]+$/u;
const MAX_DESCRIPTION_CHARS = 60;

/** Never fails: a shell that asks has nowhere to show an error. */
export async function runComplete(words: readonly string[], print: (text: string) => void): Promise<void> {
  const program = buildProgram(async () => undefined);
  const found = await complete(program, words, (placeholder, typed) =>
    lakeValues(placeholder, () => configOf(typed)),
  ).catch(() => []);
  if (typeof found === 'string') return print(`:${found}\n`);
  const lines = found
    .filter(({ value }) => SAFE.test(value))
    .map(({ value, description }) => `${value}\t${firstWords(description)}\n`);
  print(lines.join(''));
}

/** As the command that is being typed would take it. */
function configOf(words: readonly string[]): Pick<Config, 'lake' | 'spool'> {
  const index = words.indexOf('--lake');
  const given = index >= 0 ? words[index + 1 + (words[index + 1] === '=' ? 1 : 0)] : undefined;
  const lake = given ?? words.find((word) => word.startsWith('--lake='))?.slice('--lake='.length);
  const flags = lake === undefined ? {} : { lake };
  return loadConfig({ flags, env: process.env, dotenvPath: '.env' }).config;
}

function firstWords(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > MAX_DESCRIPTION_CHARS ? `${line.slice(0, MAX_DESCRIPTION_CHARS - 1)}…` : line;
}
