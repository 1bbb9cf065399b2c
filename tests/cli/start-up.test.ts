import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { LocalStore } from '../../src/delta/local-store.ts';
import { makeTable } from '../support/delta.ts';
import { run, temporaryFolder } from '../support/program.ts';

/** Which engines a command has loaded when it ends. */
async function enginesOf(...args: string[]): Promise<string[]> {
  const lake = await temporaryFolder();
  await makeTable(new LocalStore(join(lake, 'prices')));
  const env = {
    NODE_OPTIONS: `--import=${pathToFileURL(resolve('tests/support/tell-loaded.js')).href}`,
    CRYPTO_LAKE_DIR: lake,
  };
  const { stderr } = await run(args, { env });
  const [, engines] = /\nloaded: (.*); [1-9]\d* files\n$/.exec(stderr) ?? [];
  if (engines === undefined) throw new Error(`it did not tell: ${stderr}`);
  return engines.split(' ').filter(Boolean);
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
    expect(await enginesOf(...line.split(' '))).toEqual([]);
  });
});

describe('what is needed is loaded, and seen, by', () => {
  it.each([
    [['read', '--sql', 'SELECT 1'], ['@duckdb']],
    [['doctor'], ['nodejs-polars', '@duckdb']],
  ])('%j', async (args, engines) => {
    expect(await enginesOf(...args)).toEqual(engines);
  });
});
