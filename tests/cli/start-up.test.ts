import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { LocalStore } from '../../src/delta/local-store.ts';
import { makeTable } from '../support/delta.ts';
import { run, temporaryFolder } from '../support/program.ts';

/** Which engines a command has loaded when it ends, and how many files of CommonJS and machine code. */
async function loadedBy(...args: string[]): Promise<{ engines: string[]; files: number }> {
  const lake = await temporaryFolder();
  await makeTable(new LocalStore(join(lake, 'prices')));
  const env = {
    NODE_OPTIONS: `--import=${pathToFileURL(resolve('tests/support/tell-loaded.js')).href}`,
    CRYPTO_LAKE_DIR: lake,
  };
  const { stderr } = await run(args, { env });
  const [, engines, files] = /\nloaded: (.*); ([1-9]\d*) files\n$/.exec(stderr) ?? [];
  if (engines === undefined) throw new Error(`it did not tell: ${stderr}`);
  return { engines: engines.split(' ').filter(Boolean), files: Number(files) };
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
    expect((await loadedBy(...line.split(' '))).engines).toEqual([]);
  });
});

describe('what is needed is loaded, and seen, by', () => {
  it.each([
    [['read', '--sql', 'SELECT 1'], ['@duckdb']],
    [['doctor'], ['nodejs-polars', '@duckdb']],
  ])('%j', async (args, engines) => {
    expect((await loadedBy(...args)).engines).toEqual(engines);
  });
});

it('`read` loads DuckDB as the one file that `npm run build` makes of it, not as 150', async () => {
  expect((await loadedBy('read', '--sql', 'SELECT 1')).files).toBeLessThan(40);
});
