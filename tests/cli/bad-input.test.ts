import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PRICES_TABLE } from '../../src/lake/tables/prices.ts';
import { parquetTable } from '../support/parquet-table.ts';
import { type Finished, run, temporaryFolder } from '../support/program.ts';

/** A lake with one table, which has no rows. */
async function emptyLake(): Promise<string> {
  const lake = await temporaryFolder();
  await parquetTable(join(lake, 'prices'), PRICES_TABLE.columns, {}, ['date']);
  return lake;
}

/** What every refusal looks like: one error, one hint, the documented code, no stack trace. */
function expectRefusal(result: Finished, exitCode: number, error: RegExp, hint?: RegExp) {
  expect(result.stderr).toMatch(error);
  expect(result.stderr).toMatch(/^error: /m);
  expect(result.stderr).toMatch(/^hint: /m);
  if (hint) expect(result.stderr).toMatch(hint);
  expect(result.stderr).not.toMatch(/\n\s+at /);
  expect(result.code).toBe(exitCode);
  expect(result.stdout).toBe('');
}

describe('wrong usage', () => {
  it('names an unknown command and guesses the right one', async () => {
    expectRefusal(
      await run(['liquidation']),
      2,
      /unknown command 'liquidation'/,
      /did you mean liquidations/,
    );
  });

  it('names the command whose help tells what would be right', async () => {
    expectRefusal(await run(['help', 'raed']), 2, /unknown command 'raed'/, /did you mean read/);
    expectRefusal(await run(['config', 'extra']), 2, /too many arguments/, /`crypto-lake config --help`/);
  });

  it('names an unknown flag and guesses the right one', async () => {
    expectRefusal(
      await run(['prices', '--intervall', '60']),
      2,
      /unknown option '--intervall'/,
      /--interval/,
    );
  });

  it.each(['0', '-5', 'abc', '1e9', '', '1', '25h'])('refuses --interval %j', async (interval) => {
    expectRefusal(await run(['prices', '--interval', interval]), 2, /--interval.*must be/);
  });

  it('refuses a setting of the environment by its name', async () => {
    const env = { CRYPTO_LAKE_FLUSH: 'soon' };
    expectRefusal(await run(['liquidations'], { env }), 2, /`CRYPTO_LAKE_FLUSH` must be a time/, /60s/);
  });

  it('refuses nonsense in .env, with the line', async () => {
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, '.env'), '# fine\nLOG_LEVEL=info\n\u0000\u0001 what is this\n');
    expectRefusal(await run(['liquidations'], { cwd }), 2, /line 3 of `.env`/, /NAME=value/);
  });

  it('refuses a wrong value in .env and never shows the key', async () => {
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, '.env'), 'API_KEY=with a space in it\n');
    const result = await run(['liquidations'], { cwd });
    expectRefusal(result, 2, /`API_KEY` in `.env`/);
    expect(result.stderr).not.toContain('with a space');
  });

  it('refuses an exchange address that is not one', async () => {
    const env = { BINANCE_FUTURES_WS_URL: 'https://fstream.binance.com' };
    expectRefusal(await run(['liquidations'], { env }), 2, /BINANCE_FUTURES_WS_URL.*wss:/);
  });
});

describe('a lake that cannot be used', () => {
  it('refuses a lake folder that is a file', async () => {
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, 'lake'), 'a file');
    expectRefusal(await run(['once', '--lake', join(cwd, 'lake')]), 1, /lake.*cannot be written/, /--lake/);
    // Whatever is made there, it says that something on the way is missing.
    expectRefusal(await run(['once', '--lake', '/proc/lake']), 1, /lake.*cannot be written/, /--lake/);
  });

  it('names a broken commit file when a table is read', async () => {
    const lake = await temporaryFolder();
    const log = join(lake, 'prices', '_delta_log');
    await mkdir(log, { recursive: true });
    await writeFile(
      join(log, '00000000000000000000.json'),
      '{"commitInfo":{"timestamp":1}}\n{"protocol":{"minRea',
    );
    expectRefusal(await run(['read', '--lake', lake, '--sql', 'SELECT * FROM prices']), 6, /0{20}\.json/);
  });

  it('names a file that stands where a table folder should be', async () => {
    const lake = await temporaryFolder();
    await writeFile(join(lake, 'prices'), 'not a folder');
    expectRefusal(await run(['read', '--lake', lake, '--sql', 'SELECT * FROM prices']), 6, /prices/);
  });
});

describe('SQL that read must not run', () => {
  it.each([
    ['does not parse', 'SELEC 1', 2, /SELEC/],
    ['names a missing column', 'SELECT nonsense FROM prices', 2, /nonsense/],
    ['names a missing table', 'SELECT * FROM price', 2, /price/],
    ['writes a file', "COPY (SELECT 1) TO 'out.csv'", 2, /COPY|only.*SELECT/i],
    ['installs an extension', 'INSTALL httpfs', 2, /INSTALL|LOAD|only.*SELECT/i],
    ['reads a file outside the lake', "SELECT * FROM read_csv('/etc/passwd')", 2, /passwd|outside/],
    ['attaches a database', "ATTACH 'x.db'", 2, /ATTACH|only.*SELECT/i],
    ['is two statements', 'SELECT 1; SELECT 2', 2, /one/],
    ['is empty', '  ', 2, /empty|no SQL|one/i],
  ])('refuses SQL that %s', async (_, sql, code, error) => {
    const lake = await temporaryFolder();
    expectRefusal(await run(['read', '--lake', lake, '--sql', sql]), code, error);
  });
});

describe('SQL that people bring from elsewhere', () => {
  it.each([
    ["SET TimeZone = 'Europe/Paris'", /hint: times are UTC.*AT TIME ZONE 'Europe\/Paris'/],
    ["PRAGMA table_info('prices')", /hint: write `SHOW TABLES`, `DESCRIBE prices`/],
    ["SELECT * FROM delta_scan('/data/t')", /hint: mount a Delta table with `--table NAME=PATH`/],
    ['SELECT $1', /hint: a query has no parameters/],
    ['SELECT ?', /hint: a query has no parameters/],
    ["-- a comment\nATTACH 'x.db'", /hint: mount another Delta table/],
  ])('is answered with what to write instead: %s', async (sql, hint) => {
    expectRefusal(await run(['read', '--lake', await emptyLake(), '--sql', sql]), 2, /^error: /, hint);
  });

  it('is read from files and pipes in UTF-8, with a mark or without; UTF-16 is named', async () => {
    const lake = await emptyLake();
    const file = join(await temporaryFolder(), 'query.sql');
    for (const encoding of ['utf16le', 'latin1'] as const) {
      await writeFile(file, Buffer.from("SELECT 'é' AS a", encoding));
      const words = ['read', '--lake', lake, '-f', file];
      expectRefusal(await run(words), 2, encoding === 'latin1' ? /is not UTF-8/ : /is UTF-16/, /iconv -f/);
    }
    await writeFile(file, "\ufeffSELECT 'é' AS a");
    const read = await run(['read', '--lake', lake, '-f', file, '--format', 'ndjson']);
    expect(read).toMatchObject({ code: 0, stdout: '{"a":"é"}\n' });
    const piped = await run(['read', '--lake', lake, '--format', 'ndjson'], {
      stdin: "\ufeffSELECT 'é' AS a",
    });
    expect(piped.stdout).toBe('{"a":"é"}\n');
  });
});

describe('an exchange that cannot be used', () => {
  it.each([
    ['cannot be reached', 'http://127.0.0.1:1'],
    ['resolves to nothing', 'http://exchange.invalid'],
  ])('says so and exits 4 when it %s', async (_, url) => {
    const lake = await temporaryFolder();
    const env = { BINANCE_SPOT_REST_URL: url };
    expectRefusal(
      await run(['once', '--lake', lake], { env }),
      4,
      /error: .*(127\.0\.0\.1|exchange\.invalid)/,
    );
  });
});
