import { join } from 'node:path';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { didYouMean } from '../../src/base/did-you-mean.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { LocalStore } from '../../src/delta/store/local-store.ts';
import { makeTable } from '../support/delta.ts';
import { run, temporaryFolder } from '../support/program.ts';

/** What `--help` prints, with `columns` of a terminal, or undefined for a pipe. */
function helpOf(name: string | undefined, columns: number | undefined): string {
  const before = Object.getOwnPropertyDescriptor(process.stdout, 'columns');
  Object.defineProperty(process.stdout, 'columns', { value: columns, configurable: true });
  try {
    const program = buildProgram(async () => undefined);
    const command = name === undefined ? program : program.commands.find((one) => one.name() === name);
    let text = '';
    command?.configureOutput({ writeOut: (written) => (text += written) }).outputHelp();
    return text;
  } finally {
    if (before) Object.defineProperty(process.stdout, 'columns', before);
    else Reflect.deleteProperty(process.stdout, 'columns');
  }
}

const NAMES = [undefined, ...buildProgram(async () => undefined).commands.map((command) => command.name())];

describe('help', () => {
  it.each(NAMES)('of %s fits 80 columns: examples first, options in groups, exit codes last', (name) => {
    for (const columns of [undefined, 80, 200]) {
      const help = helpOf(name, columns);
      for (const line of help.split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(80);
      expect(help).toMatch(
        name === undefined ? /^Examples:\n {2}crypto-lake / : new RegExp(`^Examples:\n  crypto-lake ${name}`),
      );
      expect(help.trimEnd()).toMatch(/\n\nExit codes: 0 done,[\s\S]*143 stopped by Ctrl-C\/TERM$/);
      expect(help).toContain('\nOptions:\n');
      if (name !== undefined) expect(help).toContain('\nGlobal Options:\n');
    }
  });

  it.each(NAMES)('of %s wraps between words in 40 columns; only examples are longer', (name) => {
    const [, ...parts] = helpOf(name, 40).split(/\n\n(?=Usage)/);
    for (const line of parts.join().split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(40);
    const words = (help: string) => help.replace(/\s+/g, ' ');
    expect(words(helpOf(name, 40))).toBe(words(helpOf(name, 80)));
  });

  it('gives every command that prints data the same options of output, below its own', () => {
    for (const name of ['read', 'tables', 'compact', 'config', 'doctor', 'service'])
      expect(helpOf(name, 80)).toMatch(/\nOutput:\n {2}--format <format> [\s\S]*\n\n/);
    expect(helpOf('read', 80).indexOf('--sql')).toBeLessThan(helpOf('read', 80).indexOf('--format'));
  });
});

describe('a name that is nearly right', () => {
  it.each([
    ['of a command', ['reed'], /hint: did you mean read\?/],
    ['of a flag', ['read', '--formt', 'csv'], /hint: did you mean --format\?/],
    ['of a saved analysis', ['read', 'top-liquidation'], /hint: did you mean `top-liquidations`\?/],
    ['of a table to describe', ['tables', 'pirces'], /hint: did you mean `prices`\?/],
    ['of a table to verify', ['tables', '--verify', 'price'], /hint: did you mean `prices`\?/],
    ['of a table to compact', ['compact', '--table', 'Prices'], /hint: did you mean `prices`\?/],
    ['of a table in SQL', ['read', '--sql', 'SELECT * FROM pricse'], /[Dd]id you mean .*prices/],
  ])('%s is guessed', async (_, args, hint) => {
    const lake = await temporaryFolder();
    await makeTable(new LocalStore(join(lake, 'prices')));
    const { code, stderr } = await run([...args, '--lake', lake]);
    expect(stderr).toMatch(hint);
    expect(code).toBe(2);
  });

  it('is not guessed from afar', () => {
    expect(didYouMean('xyz', ['prices', 'coverage'])).toBe('there are prices, coverage');
    expect(didYouMean('xyz', [])).toBe('there are none yet');
    expect(didYouMean('covreage', ['prices', 'coverage'])).toBe('did you mean `coverage`?');
  });
});
