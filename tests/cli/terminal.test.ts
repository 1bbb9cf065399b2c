import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import stringWidth from 'string-width';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { QUARANTINE_TABLE } from '../../src/lake/tables/quarantine.ts';
import { parquetTable } from '../support/parquet-table.ts';
import { run, temporaryFolder } from '../support/program.ts';
import { smallLake } from '../support/small-lake.ts';
import { openTerminal, type Terminal } from '../support/terminal.ts';

const COLOR = '\x1b[';
let lake: string;

beforeAll(async () => {
  lake = await mkdtemp(join(tmpdir(), 'lake-'));
  await smallLake(lake);
}, 30_000);

afterAll(() => rm(lake, { recursive: true, force: true }));

function widest(terminal: Terminal): number {
  return Math.max(...terminal.lines().map((line) => stringWidth(line)));
}

describe('on a terminal', () => {
  it.each([
    { columns: 40, env: { NO_COLOR: '1', FORCE_COLOR: '1', LC_ALL: 'C' }, isColored: false },
    { columns: 80, env: {}, isColored: true },
    { columns: 200, env: { TERM: 'dumb', FORCE_COLOR: '1' }, isColored: true },
  ])('the overview fits $columns columns with $env', async ({ columns, env, isColored }) => {
    const terminal = openTerminal(['read', '--lake', lake], { columns, env });
    expect(await terminal.ended).toBe(0);
    expect(widest(terminal)).toBeLessThanOrEqual(columns);
    expect(terminal.raw().includes(COLOR)).toBe(isColored);
    const text = terminal.lines().join('\n');
    const bar = 'LC_ALL' in env ? '#' : '█';
    expect(text).toMatch(new RegExp(`05:00 ${bar}+.* 7K\n`));
    expect(text).toMatch(new RegExp(`2026-11-20 .*${bar}{9}`));
    // Cells stand below one another, however wide their characters are.
    const places = terminal
      .lines()
      .map((line) => /^\S+ +\d+ +-?\d\.5 /.exec(line)?.[0])
      .filter((start) => start !== undefined)
      .map((start) => stringWidth(start));
    expect(places).toEqual(new Array(4).fill(places[0] ?? 'a place'));
  });

  it.each([40, 80, 200])('tables, commits and settings fit %i columns and are never cut', async (columns) => {
    for (const [args, wholes] of [
      [['tables'], ['liquidation', 'prices', 'coverage']],
      [
        ['tables', '--history', 'prices'],
        [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/, 'CREATE TABLE'],
      ],
      [['config'], ['BINANCE_FUTURES_REST_URL', 'https://fapi.binance.com', 'default']],
    ] as const) {
      const terminal = openTerminal([...args, '--lake', lake], { columns });
      expect(await terminal.ended).toBe(0);
      const text = terminal.lines().join('\n');
      for (const whole of wholes) expect(text).toMatch(whole);
      expect(widest(terminal)).toBeLessThanOrEqual(columns);
    }
  });

  it.each([[['--help']], [['read', '--help']]])('help fits 80 columns: %j', async (args) => {
    const terminal = openTerminal(args, { columns: 200 });
    expect(await terminal.ended).toBe(0);
    expect(terminal.lines().join('\n')).toContain('Exit codes:');
    expect(widest(terminal)).toBeLessThanOrEqual(80);
  });

  it('a pipe gets whole cells, and colour only when that is asked for', async () => {
    const args = ['read', '--lake', lake, '--format', 'table'];
    const colored = await run(args, { env: { FORCE_COLOR: '1' } });
    expect(colored.stdout).toContain(COLOR);
    expect(colored.stdout).toMatch(/2026-11-20T07:31:00.000000Z +binance +币安人生USDT/);
    const plain = await run(['--no-color', ...args], { env: { FORCE_COLOR: '1' } });
    expect(plain.stdout).not.toContain(COLOR);
  });
});

describe('the prompt', () => {
  async function openPrompt(state: string, columns = 80): Promise<Terminal> {
    const env = { XDG_STATE_HOME: state };
    const terminal = openTerminal(['read', '--lake', lake, '--interactive'], { columns, env });
    await terminal.see(/lake> /);
    return terminal;
  }

  it('runs statements of several lines, shows errors and goes on, and leaves with Ctrl-D', async () => {
    const state = await temporaryFolder();
    const terminal = await openPrompt(state);
    terminal.type('SELECT symbol, 6 * 7 AS answer -- a ; comment\r');
    await terminal.see(/-> /);
    terminal.type("FROM liquidation WHERE symbol = '币安人生USDT' LIMIT 1;\r");
    await terminal.see(/symbol +answer\s+─+ +─+\s+币安人生USDT +42\s+1 rows\s[\s\S]*lake> /);
    terminal.type('SELECT nothing;\r');
    await terminal.see(/error: .*"nothing".*\[SQL_INVALID\]\s+hint: .*[\s\S]*lake> /);
    terminal.type("COPY (SELECT 1) TO 'x';\r");
    await terminal.see(/error: .*COPY is not allowed.*\[SQL_FORBIDDEN\][\s\S]*lake> /);
    terminal.type('.frmat\r');
    await terminal.see(
      /error: `\.frmat` is not a command of the prompt \[USAGE\]\s+hint: `\.help`[\s\S]*lake> /,
    );
    terminal.type('.schema coverage\r');
    await terminal.see(/ended_at +TIMESTAMP WITH TIME ZONE[\s\S]*lake> /);
    terminal.type('\x04');
    expect(await terminal.ended).toBe(0);

    const file = join(state, 'crypto-lake', 'history');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await readFile(file, 'utf8')).split('\n')).toEqual([
      "SELECT symbol, 6 * 7 AS answer FROM liquidation WHERE symbol = '币安人生USDT' LIMIT 1;",
      'SELECT nothing;',
      "COPY (SELECT 1) TO 'x';",
      '.schema coverage',
      '',
    ]);
  });

  it('stops only the running query on Ctrl-C, or clears the line, and sees what is stored meanwhile', async () => {
    const terminal = await openPrompt(await temporaryFolder());
    terminal.type('.format ndjson\r');
    await terminal.see(/lake> /);
    terminal.type('FROM range(1000000000000);\r');
    await terminal.see(/\{"range":5000\}/);
    terminal.type('\x03');
    await terminal.see(/stopped\s[\s\S]*lake> /);
    terminal.type('SELECT sum(a.range * b.range % 7) FROM range(10000000) a, range(100000) b;\r');
    await terminal.see(/running for 1 s/);
    terminal.type('\x03');
    await terminal.see(/stopped\s[\s\S]*lake> /);
    terminal.type('SELECT wrong,\r');
    await terminal.see(/-> /);
    terminal.type('still wrong\x03');
    await terminal.see(/\^C[\s\S]*lake> /);
    const count = 'SELECT count(*) AS n FROM quarantine;\r';
    terminal.type(count);
    await terminal.see(/\{"n":0\}[\s\S]*lake> /);
    const quarantine = await parquetTable(join(lake, 'quarantine'), QUARANTINE_TABLE.columns);
    await quarantine.add("SELECT 'why' AS reason, now() AS received_at", { stats: {} });
    terminal.type(count);
    await terminal.see(/\{"n":1\}[\s\S]*lake> /);
    terminal.type('.quit\r');
    expect(await terminal.ended).toBe(0);
  });

  it('completes names, brings back what was asked before, and works where history cannot be kept', async () => {
    const state = await temporaryFolder();
    const first = await openPrompt(state);
    first.type("SELECT 'asked before' AS t;\r");
    await first.see(/asked before\s[\s\S]*lake> /);
    first.type('.quit\r');
    await first.ended;
    const terminal = await openPrompt(state);
    terminal.type('\x1b[A\x1b[A');
    await terminal.see(/SELECT 'asked before' AS t;/);
    terminal.type('\r');
    await terminal.see(/asked before\s[\s\S]*lake> /);
    // Names are learned while one types.
    terminal.type('.tables\r');
    await terminal.see(/liquidation_by_minute[\s\S]*lake> /);
    terminal.type('SELECT max(avera\t');
    await terminal.see(/average_price/);
    terminal.type(') FROM liquidation_b\t');
    await terminal.see(/FROM liquidation_by_minute/);
    terminal.type('\x04\x03\x04');
    expect(await terminal.ended).toBe(0);

    const blocked = join(state, 'file');
    await writeFile(blocked, '');
    const other = await openPrompt(blocked);
    other.type('SELECT 1 AS one;\r');
    await other.see(/1 rows[\s\S]*lake> /);
    other.type('.quit\r');
    expect(await other.ended).toBe(0);
  });

  it.each([
    [[], /^error: `--interactive` needs a terminal \[USAGE\]\nhint: /],
    [['--sql', 'SELECT 1'], /^error: `--sql` and `--interactive` do not go together \[USAGE\]\nhint: /],
  ])('refuses a pipe, and %j', async (flags, error) => {
    const done = await run(['read', '--lake', lake, '--interactive', ...flags]);
    expect(done).toMatchObject({ code: 2, stdout: '' });
    expect(done.stderr).toMatch(error);
  });
});
