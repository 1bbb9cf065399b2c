import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Candidate, complete } from '../../src/cli/completion/complete.ts';
import { COMPLETION_SCRIPTS, SHELLS } from '../../src/cli/completion/scripts.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { LocalStore } from '../../src/delta/store/local-store.ts';
import { saveSymbols } from '../../src/spool/state/symbols-file.ts';
import { rememberSymbols } from '../../src/upkeep/remember-symbols.ts';
import { makeTable } from '../support/delta.ts';
import { parquetTable } from '../support/parquet-table.ts';
import { run, temporaryFolder } from '../support/program.ts';

const program = buildProgram(async () => undefined);
const asked: string[] = [];
const lakeValues = async (placeholder: string): Promise<Candidate[]> => {
  asked.push(placeholder);
  return [{ value: `a-${placeholder}`, description: '' }];
};
/** The values for a line whose last word, which may be empty, is at the cursor. */
async function values(line: string): Promise<string[]> {
  const found = await complete(program, line.split(' '), lakeValues);
  return typeof found === 'string' ? [found] : found.map(({ value }) => value);
}

describe('completion', () => {
  it('knows every command and every flag of the program, and no hidden one', async () => {
    const visible = program.commands.filter((command) => !(command as never as { _hidden: boolean })._hidden);
    expect(await values('')).toEqual([...visible.map((command) => command.name()), 'help']);
    for (const command of visible) {
      const flags = command.options.filter(({ hidden }) => !hidden).map(({ long }) => long);
      expect(await values(`${command.name()} --`)).toEqual(
        expect.arrayContaining([...flags, '--quiet', '--lake']),
      );
    }
    expect(await values('compact --au')).toEqual([]);
  });

  it.each([
    ['rea', ['read']],
    ['--verb', ['--verbose']],
    ['help do', ['doctor']],
    ['read --format j', ['json']],
    ['read --format = j', ['json']],
    ['read --format =', ['table', 'json', 'ndjson', 'csv', 'markdown', 'parquet', 'arrow']],
    ['read --format=cs', ['--format=csv']],
    ['read --json --format cs', ['csv']],
    ['both --upkeep ', ['on', 'off']],
    ['tables --history ', ['a-table']],
    ['tables ', ['a-table']],
    ['tables x ', []],
    ['--lake /data tables ', ['a-table']],
    ['-q tables ', ['a-table']],
    ['tables --history x ', ['a-table']],
    ['read ', ['a-analysis']],
    ['read --sql x ', ['a-analysis']],
    ['read -f ', ['a-file']],
    ['prices --symbols BTCUSDT,a', ['BTCUSDT,a-symbols']],
    ['prices --symbols=b,', ['--symbols=b,a-symbols']],
    ['completion ', ['bash', 'zsh', 'fish']],
    ['demo -- --', []],
    ['no-such-command ', expect.arrayContaining(['read'])],
  ])('of %j', async (line, expected) => {
    expect(await values(line)).toEqual(expected);
  });
});

describe('crypto-lake __complete', () => {
  it('finds the tables and the symbols of the lake that the line names', async () => {
    const lake = await temporaryFolder();
    await makeTable(new LocalStore(join(lake, 'prices')));
    await mkdir(join(lake, 'no-table'));
    await mkdir(join(lake, 'evil$(touch x)', '_delta_log'), { recursive: true });
    await mkdir(join(lake, '_spool'));
    await saveSymbols(join(lake, '_spool'), ['BTCUSDT', '币安人生USDT', '`x`', 'a b']);
    const names = async (...words: string[]) =>
      (await run(['__complete', ...words])).stdout.split('\n').map((line) => line.split('\t')[0]);
    expect(await names('tables', '--lake', lake, '')).toEqual(['prices', '']);
    expect(await names('prices', `--lake=${lake}`, '--symbols', '')).toEqual(['BTCUSDT', '币安人生USDT', '']);
    expect(await names('tables', '--lake', join(lake, 'gone'), '')).toEqual(['']);
    expect(await names('read', '--output', '')).toEqual([':files', '']);
  });

  it('has the symbols of the newest files, once upkeep has seen them', async () => {
    const lake = await temporaryFolder();
    await mkdir(join(lake, '_spool'));
    await saveSymbols(join(lake, '_spool'), ['OLDUSDT']);
    const table = await parquetTable(join(lake, 'prices'), { symbol: 'string' });
    await table.add("SELECT unnest(['XRPUSDT', 'BTCUSDT', 'BTCUSDT', NULL]) AS symbol");
    await rememberSymbols(lake, join(lake, '_spool'));
    const { stdout } = await run(['__complete', 'once', '--lake', lake, '--symbols', '']);
    expect(stdout).toBe('BTCUSDT\t\nOLDUSDT\t\nXRPUSDT\t\n');
  });
});

describe('the bash script', () => {
  let bin: string;
  beforeAll(async () => {
    bin = await mkdtemp(join(tmpdir(), 'crypto-lake-bin-'));
    const shim = join(bin, 'crypto-lake');
    await writeFile(
      shim,
      `#!/bin/sh\nexec ${JSON.stringify(process.execPath)} ${JSON.stringify(resolve('bin/crypto-lake.js'))} "$@"\n`,
    );
    await chmod(shim, 0o755);
  });
  afterAll(() => rm(bin, { recursive: true }));
  /** What a real bash would offer. */
  async function offered(cwd: string, ...words: string[]): Promise<string[]> {
    const script = `eval "$(crypto-lake completion bash)"
complete -p crypto-lake >/dev/null || exit 1
COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); _crypto_lake crypto-lake
printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout } = await promisify(execFile)(
      'bash',
      ['--norc', '-c', script, 'bash', 'crypto-lake', ...words],
      {
        cwd,
        env: { PATH: `${bin}:${process.env.PATH}` },
      },
    );
    return stdout.split('\n').filter(Boolean);
  }

  it('offers commands, values after `=`, and the files of the folder', async () => {
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, 'my query.sql'), '');
    await mkdir(join(cwd, 'my lake'));
    expect(await offered(cwd, 'comp')).toEqual(['compact', 'completion']);
    expect(await offered(cwd, 'read', '--format', '=', 'pa')).toEqual(['parquet']);
    expect((await offered(cwd, 'read', '-f', 'my')).sort()).toEqual(['my lake', 'my query.sql']);
    expect(await offered(cwd, 'read', '--lake', '')).toEqual(['my lake']);
  });
});

describe('crypto-lake completion', () => {
  it.each(SHELLS)('prints the script of %s', async (shell) => {
    const { code, stdout } = await run(['completion', shell]);
    expect(code).toBe(0);
    expect(stdout).toBe(COMPLETION_SCRIPTS[shell]);
    expect(stdout).toContain('__complete');
  });

  it('refuses other shells', async () => {
    const { code, stderr } = await run(['completion', 'tcsh']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/bash, zsh, fish/);
  });
});
