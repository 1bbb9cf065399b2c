import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { tableFromIPC } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LakeError } from '../../src/base/errors.ts';
import { FORMATS, type Format } from '../../src/output/format.ts';
import { spoolFolder } from '../../src/spool/state/spool-folder.ts';
import { writeStatus } from '../../src/spool/state/status-file.ts';
import { runInProcess } from '../support/in-process.ts';
import { temporaryFolder } from '../support/program.ts';
import { smallLake } from '../support/small-lake.ts';

let lake: string;
let duckdb: DuckDBInstance;

beforeAll(async () => {
  lake = await mkdtemp(join(tmpdir(), 'crypto-lake-formats-'));
  await smallLake(lake);
  const folder = spoolFolder(join(lake, '_spool'), 'prices');
  await mkdir(folder, { recursive: true });
  const at = new Date().toISOString();
  await writeStatus(folder, { at, pid: 1, state: 'listening', frames: 1, rows: {}, backlog: 0 });
  duckdb = await DuckDBInstance.create(':memory:');
}, 30_000);

afterAll(async () => {
  duckdb.closeSync();
  await rm(lake, { recursive: true, force: true });
});

type Cells = readonly (readonly (string | null)[])[];

interface Printed {
  readonly columns: readonly string[];
  readonly rows: Cells;
}

/** What came out, as columns and texts; times as microseconds. */
const READERS: Readonly<Record<Format, (file: string) => Promise<Printed>>> = {
  table: async (file) => {
    const [head = '', , ...lines] = (await readFile(file, 'utf8')).trimEnd().split('\n');
    return { columns: head.split(/ {2,}/), rows: lines.map(() => []) };
  },
  markdown: async (file) => {
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
    const [head, , ...rows] = lines.map((line) => line.slice(2, -2).split(/(?<!\\) \| /));
    return { columns: head ?? [], rows: rows.map((row) => row.map((cell) => micros(cell) || null)) };
  },
  json: async (file) => records(JSON.parse(await readFile(file, 'utf8'))),
  ndjson: async (file) => {
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
    return records(lines.map((line) => JSON.parse(line)));
  },
  csv: (file) => asked(`FROM read_csv('${file}', header = true, all_varchar = true, null_padding = false)`),
  parquet: (file) => asked(`FROM read_parquet('${file}')`),
  arrow: async (file) => {
    const table = tableFromIPC(await readFile(file));
    const columns = table.schema.fields.map(({ name }) => name);
    const cells = columns.map((name) => {
      const column = table.getChild(name);
      return Array.from({ length: table.numRows }, (_, row): string | null => {
        const cell: unknown = column?.get(row);
        // Timestamps are read in milliseconds, with a fraction.
        if (cell !== null && String(column?.type).startsWith('Timestamp'))
          return String(Math.round(Number(cell) * 1000));
        return cell === null ? null : String(cell);
      });
    });
    return {
      columns,
      rows: Array.from({ length: table.numRows }, (_, row) => cells.map((column) => column[row] ?? null)),
    };
  },
};

function records(found: readonly Record<string, unknown>[]): Printed {
  const text = (value: unknown) =>
    typeof value === 'object' ? JSON.stringify(value) : micros(String(value));
  return {
    columns: Object.keys(found[0] ?? {}),
    rows: found.map((row) => Object.values(row).map((value) => (value === null ? null : text(value)))),
  };
}

async function asked(sql: string): Promise<Printed> {
  const connection = await duckdb.connect();
  const result = await connection.runAndReadAll(sql);
  const times = result.columnTypes().map((type) => String(type).startsWith('TIMESTAMP'));
  const rows = result.getRows().map((row) =>
    row.map((cell, index) => {
      if (cell === null) return null;
      return times[index] ? String((cell as unknown as { micros: bigint }).micros) : micros(String(cell));
    }),
  );
  connection.closeSync();
  return { columns: result.columnNames(), rows };
}

/** A time in UTC as microseconds; any other text as it is. */
function micros(text: string): string {
  const [, seconds, fraction = ''] = /^(\d{4}-\d\d-\d\dT[\d:]{8})(?:\.(\d{1,6}))?Z$/.exec(text) ?? [];
  return seconds === undefined ? text : `${Date.parse(`${seconds}Z`) / 1000}${fraction.padEnd(6, '0')}`;
}

const SQL = `SELECT 9007199254740993 + i AS n, TIMESTAMPTZ '2026-11-21 12:00:00.123457Z' AS at, 0.1 + 0.2::DOUBLE AS x,
  i = 1 AS yes, chr(233) || '牛,"' AS t, NULL::BIGINT AS nothing FROM range(2) r(i)`;

const COMMANDS: ReadonlyArray<readonly [args: readonly string[], columns: string, isSteady: boolean]> = [
  [['read', '--sql', SQL], 'n at x yes t nothing', true],
  [
    ['read', 'largest-liquidations'],
    'trade_time venue symbol side filled_quantity average_price notional',
    true,
  ],
  [['read'], 'analysis row', true],
  [['read', '--list'], 'name title', true],
  [['tables'], 'table version files small_files rows bytes oldest newest checkpoint', true],
  [['tables', 'prices'], 'section name value nullable partition clustered', true],
  [['tables', '--history', 'prices'], 'version time operation files_added files_removed rows engine', true],
  [['tables', '--verify', 'prices'], 'severity file message', true],
  [
    ['tables', '--check'],
    'source state at lag_seconds waiting_seconds fresh missing_minutes unanswered_minutes repaired_minutes reread_minutes',
    false,
  ],
  [['config'], 'setting value origin meaning', true],
  [['doctor'], 'check status text fix', false],
  [
    ['compact', '--dry-run', '--all'],
    'table action partition files_before files_after bytes_before bytes_after rows seconds note',
    true,
  ],
];

/** They tell of what they print by their exit code. */
const TELLING = ['DOCTOR_FAILED', 'VERIFY_FAILED'];

describe('every format says the same', () => {
  it.each(COMMANDS)(
    'of %j',
    async (args, columns, isSteady) => {
      const file = join(lake, 'out');
      let expected: Printed | undefined;
      for (const format of FORMATS) {
        const { stdout, error } = await runInProcess(lake, [...args, '--format', format]);
        if (!TELLING.includes(String((error as LakeError | undefined)?.code))) expect(error).toBeUndefined();
        expect(stdout.length, format).toBeGreaterThan(0);
        // For a person some commands print more than one table, or less.
        if (format === 'table' && /^(analysis|section|table version)/.test(columns)) continue;
        await writeFile(file, stdout);
        const printed = await READERS[format](file);
        expect(printed.columns.join(' '), format).toBe(columns);
        if (format === 'table') continue;
        expected ??= printed;
        expect(printed.rows.length, format).toBe(expected.rows.length);
        expect(printed.rows.length).toBeGreaterThan(0);
        if (isSteady) expect(printed.rows, format).toEqual(expected.rows);
      }
    },
    60_000,
  );

  it('in a file, whose ending chooses, even when there are no rows', async () => {
    const empty = await temporaryFolder();
    const file = join(empty, 'out');
    await mkdir(join(empty, 'lake'));
    for (const [ending, format] of [
      ['csv', 'csv'],
      ['parquet', 'parquet'],
      ['arrow', 'arrow'],
    ] as const) {
      const { stdout, error } = await runInProcess(join(empty, 'lake'), [
        'tables',
        '-o',
        `${file}.${ending}`,
      ]);
      expect([stdout.length, error]).toEqual([0, undefined]);
      const { columns, rows } = await READERS[format](`${file}.${ending}`);
      expect([columns[0], columns.at(-1), rows]).toEqual(['table', 'checkpoint', []]);
    }
    const { error } = await runInProcess(lake, ['tables', '-o', '/dev/full', '--json']);
    expect(error).toMatchObject({ code: 'DISK_FULL' });
  });

  it('decimals and the sums of integers are numbers in Arrow, to the last digit', async () => {
    const sql =
      'SELECT sum(n) AS total, -1.25::DECIMAL(9, 2) AS d, 18446744073709551615::UBIGINT AS u FROM range(3) r(n)';
    const { stdout } = await runInProcess(lake, ['read', '--sql', sql, '--format', 'arrow']);
    const table = tableFromIPC(stdout);
    expect(table.schema.fields.map(({ type }) => String(type))).toEqual([
      'Decimal[38e0]',
      'Decimal[9e+2]',
      'Uint64',
    ]);
    expect([0, 1].map((column) => String(table.getChildAt(column)?.get(0)))).toEqual(['3', '-125']);
    expect(table.getChildAt(2)?.get(0)).toBe(18446744073709551615n);
  });
});

describe('a long table', () => {
  const sql = "SELECT range AS n, 'text ' || repeat('x', (range / 300)::INT) AS t FROM range(9000)";

  it.each([undefined, 30])(
    'cuts no number that is wider than those before, in %s columns',
    async (columns) => {
      const { stdout } = await runInProcess(lake, ['read', '--sql', sql, '--format', 'table'], columns);
      const [, , ...lines] = stdout.toString().trimEnd().split('\n');
      expect(lines.map((line) => Number(line.trim().split(' ')[0]))).toEqual([...Array(9000).keys()]);
      expect(lines.at(-1)).toMatch(columns === undefined ? /^8999 {2}text x{30}$/ : /^8999 {2}text x+…x+$/);
      if (columns) for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
    },
  );
});

describe('text from outside on a terminal', () => {
  const sql = "SELECT chr(27) || '[2J' || chr(8238) || 'x' || chr(155) AS t";

  it.each(['table', 'json', 'ndjson', 'csv', 'markdown'])('is shown, not obeyed, in %s', async (format) => {
    const { stdout } = await runInProcess(lake, ['read', '--sql', sql, '--format', format], 80);
    expect(stdout.toString()).toContain('\\u001b[2J\\u202ex\\u009b');
    for (const raw of ['\u001b', '\u202e', '\u009b']) expect(stdout.toString()).not.toContain(raw);
    if (format === 'ndjson') expect(JSON.parse(stdout.toString()).t).toBe('\u001b[2J\u202ex\u009b');
  });

  it.each(['ndjson', 'csv', 'markdown'])('is exact in a pipe, in %s', async (format) => {
    const { stdout } = await runInProcess(lake, ['read', '--sql', sql, '--format', format]);
    expect(stdout.toString()).toContain('\u202ex\u009b');
  });
});
