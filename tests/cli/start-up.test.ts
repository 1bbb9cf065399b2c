import { execFile } from 'node:child_process';
import { cp, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { LocalStore } from '../../src/delta/store/local-store.ts';
import { makeTable } from '../support/delta.ts';
import { run, temporaryFolder } from '../support/program.ts';

interface Loaded {
  readonly engines: readonly string[];
  readonly compiled: number;
  readonly taken: number;
}

/** Which engines a command has loaded when it ends, and how many files of the program V8 compiled or took compiled. */
async function loadedBy(args: readonly string[], nodeOptions = ''): Promise<Loaded> {
  const lake = await temporaryFolder();
  await makeTable(new LocalStore(join(lake, 'prices')));
  const env = {
    NODE_OPTIONS: `--import=${pathToFileURL(resolve('tests/support/tell-loaded.js')).href} ${nodeOptions}`,
    CRYPTO_LAKE_DIR: lake,
  };
  const { stderr } = await run(args, { env });
  const [, engines, compiled, taken] = /\nloaded: (.*); compiled (\d+), taken (\d+)\n$/.exec(stderr) ?? [];
  if (engines === undefined) throw new Error(`it did not tell: ${stderr}`);
  return { engines: engines.split(' ').filter(Boolean), compiled: Number(compiled), taken: Number(taken) };
}

describe('neither Polars nor DuckDB is loaded by', () => {
  it.each([
    '--help',
    '--version',
    'read --help',
    'config',
    'completion bash',
    '__complete tables ',
    '__complete once --symbols ',
    'service install --dry-run',
    'no-such-command',
  ])('%j', async (line) => {
    expect((await loadedBy(line.split(' '))).engines).toEqual([]);
  });
});

describe('what is needed is loaded, and seen, by', () => {
  it.each([
    [['read', '--sql', 'SELECT 1'], ['@duckdb']],
    [['doctor'], ['nodejs-polars', '@duckdb']],
  ])('%j', async (args, engines) => {
    expect((await loadedBy(args)).engines).toEqual(engines);
  });
});

it('V8 compiles none of the files: it takes what `npm run build` had it compile', async () => {
  const { compiled, taken } = await loadedBy(['read', '--sql', 'SELECT 1']);
  expect(compiled).toBe(0);
  expect(taken).toBeGreaterThan(10);
});

it('what V8 does not take, because of its options, it compiles', async () => {
  const { engines, taken } = await loadedBy(['read', '--sql', 'SELECT 1'], '--stack-trace-limit=20');
  expect(taken).toBe(0);
  expect(engines).toEqual(['@duckdb']);
});

it('a stack trace names the files, also of what was taken compiled', async () => {
  const { stderr } = await run(['read', '-v', '--sql', 'SELEC']);
  expect(stderr).toMatch(/\n {4}at .* \(dist\/program\/[\w-]+\.js:\d+:\d+\)/);
});

it('another Node than the one that built it starts it as well', async () => {
  const folder = await temporaryFolder();
  await cp('bin', join(folder, 'bin'), { recursive: true });
  await cp('package.json', join(folder, 'package.json'));
  await cp('dist/program', join(folder, 'dist/program'), {
    recursive: true,
    filter: (path) => !path.includes('compiled-'),
  });
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));
  const { stdout } = await promisify(execFile)(process.execPath, [
    join(folder, 'bin/crypto-lake.js'),
    ...['read', '--lake', folder, '--json', '--sql', 'SELECT 1 AS one'],
  ]);
  expect(JSON.parse(stdout)).toEqual([{ one: 1 }]);
});
