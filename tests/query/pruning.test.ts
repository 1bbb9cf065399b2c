import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nullableField, type PrimitiveType } from '../../src/delta/format/schema.ts';
import type { Snapshot } from '../../src/delta/log/snapshot.ts';
import { openSession } from '../../src/query/session/open-session.ts';
import { skipFiles } from '../../src/query/skipping/file-skipping.ts';
import { type Operator, type Predicate, UNKNOWN } from '../../src/query/skipping/predicate.ts';
import { parquetTable } from '../support/parquet-table.ts';
import { temporaryFolder } from '../support/program.ts';

const COLUMNS: Record<string, PrimitiveType> = {
  day: 'date',
  seen_at: 'timestamp',
  symbol: 'string',
  n: 'long',
  price: 'double',
};
const FILES = 12;
/** Rows of file `i`: its own day, symbol and range of numbers; here and there a null. */
const rowsOf = (i: number) => `SELECT DATE '2026-11-01' + ${i} AS day,
  TIMESTAMPTZ '2026-11-01 00:00:00.000001Z' + INTERVAL ${i} DAY + INTERVAL (r) HOUR AS seen_at,
  CASE WHEN r % 7 = 3 THEN NULL ELSE chr(65 + ${i}) || CASE WHEN r % 2 = 0 THEN 'USDT' ELSE '币' END END AS symbol,
  CASE WHEN ${i} = 5 THEN NULL WHEN ${i} = 6 THEN 9007199254740993 + r ELSE ${i} * 100 + r END::BIGINT AS n,
  CASE WHEN r = 1 THEN 'NaN'::DOUBLE ELSE ${i} + r / 10 END AS price
  FROM range(8) t(r)`;

let lake: string;

beforeAll(async () => {
  lake = await mkdtemp(join(tmpdir(), 'crypto-lake-pruning-'));
  const table = await parquetTable(join(lake, 't'), COLUMNS);
  for (let i = 0; i < FILES; i++) await table.add(rowsOf(i));
  const partitioned = await parquetTable(join(lake, 'p'), COLUMNS, {}, ['day']);
  for (let i = 0; i < FILES; i++) {
    const day = `2026-11-${String(i + 1).padStart(2, '0')}`;
    await partitioned.add(`SELECT * EXCLUDE (day) FROM (${rowsOf(i)})`, { partitionValues: { day } });
  }
}, 60_000);

afterAll(() => rm(lake, { recursive: true, force: true }));

interface Asked {
  readonly rows: unknown;
  /** Files of the tables that were left to read. */
  readonly toRead: number;
}

async function ask(sql: string, isPruned: boolean): Promise<Asked> {
  let toRead = 0;
  const session = await openSession({
    lake,
    memoryBytes: 256 * 2 ** 20,
    sql: isPruned ? sql : undefined,
    onTable: (table) => {
      toRead += table.toRead;
    },
  });
  try {
    const result = await session.connection.runAndReadAll(sql);
    return { rows: result.getRowsJson(), toRead };
  } finally {
    await session.close();
  }
}

const compare = (column: string, operator: Operator, value: bigint): Predicate => ({
  kind: 'compare',
  column,
  operator,
  value,
});

const firstLine = (error: Error) => String(error.message.split('\n')[0]);

const text = fc.constantFrom("'AUSDT'", "'C币'", "'G'", "''", "'zzz'", 'NULL');
const number = fc.constantFrom(
  '0',
  '305',
  '9007199254740992',
  '9007199254740995',
  '-1',
  '2.5',
  "'404'",
  'NULL',
);
const time = fc.constantFrom(
  "TIMESTAMPTZ '2026-11-04 03:00:00.000001Z'",
  "'2026-11-04 03:00:00'",
  "DATE '2026-11-07'",
  "TIMESTAMP '2026-11-05 12:00:00'",
  'now() - INTERVAL 1 DAY',
  "date_trunc('day', TIMESTAMPTZ '2026-11-09 10:00:00Z')",
);
const day = fc.constantFrom(
  "DATE '2026-11-03'",
  "'2026-11-10'",
  "TIMESTAMP '2026-11-06 00:00:01'",
  'current_date',
);
const price = fc.constantFrom('3.3', '100', "'NaN'::DOUBLE");
const operator = fc.constantFrom('=', '<', '<=', '>', '>=', '<>', 'IS DISTINCT FROM');

function comparisons(prefix: string): fc.Arbitrary<string> {
  const one = (column: string, value: fc.Arbitrary<string>) =>
    fc.oneof(
      fc.tuple(operator, value).map(([op, v]) => `${prefix}${column} ${op} ${v}`),
      fc.tuple(operator, value).map(([op, v]) => `${v} ${op} ${prefix}${column}`),
      fc.tuple(value, value).map(([a, b]) => `${prefix}${column} BETWEEN ${a} AND ${b}`),
      fc
        .array(value, { minLength: 1, maxLength: 3 })
        .map((all) => `${prefix}${column} IN (${all.join(', ')})`),
      fc.constantFrom('IS NULL', 'IS NOT NULL').map((test) => `${prefix}${column} ${test}`),
    );
  return fc.oneof(
    one('symbol', text),
    one('n', number),
    one('seen_at', time),
    one('day', day),
    one('price', price),
    fc.constantFrom(
      `${prefix}symbol LIKE 'C%'`,
      `length(${prefix}symbol) = 2`,
      `${prefix}n % 2 = 0`,
      `${prefix}n + 0 = 305`,
    ),
  );
}

function conditions(prefix: string): fc.Arbitrary<string> {
  return fc.letrec<{ node: string }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 2, depthIdentifier: 'where' },
      comparisons(prefix),
      fc
        .tuple(tie('node'), fc.constantFrom('AND', 'OR'), tie('node'))
        .map(([a, op, b]) => `(${a} ${op} ${b})`),
      tie('node').map((inner) => `NOT (${inner})`),
    ),
  })).node;
}

const list = 'ORDER BY ALL';
const queries = fc.oneof(
  conditions('').map((where) => `SELECT * FROM t WHERE ${where} ${list}`),
  conditions('').map((where) => `SELECT * FROM p WHERE ${where} ${list}`),
  conditions('').map((where) => `SELECT symbol, count(*), sum(n) FROM t WHERE ${where} GROUP BY ALL ${list}`),
  fc
    .tuple(
      conditions('a.'),
      conditions('b.'),
      fc.constantFrom('JOIN', 'LEFT JOIN', 'FULL JOIN', 'SEMI JOIN', 'ASOF JOIN'),
    )
    .map(([a, b, join]) =>
      join === 'ASOF JOIN'
        ? `SELECT a.symbol, b.n FROM t a ASOF JOIN p b ON a.seen_at >= b.seen_at WHERE ${a} AND ${b} ${list}`
        : join === 'SEMI JOIN'
          ? `SELECT a.* FROM t a SEMI JOIN p b ON a.day = b.day WHERE ${a} ${list}`
          : `SELECT a.symbol, b.n FROM t a ${join} p b ON a.day = b.day AND a.symbol = b.symbol WHERE ${a} AND ${b} ${list}`,
    ),
  conditions('').map((where) => `WITH x AS (SELECT * FROM t WHERE ${where}) SELECT * FROM x ${list}`),
  conditions('').map((where) => `WITH t AS (SELECT * FROM p) SELECT * FROM t WHERE ${where} ${list}`),
  conditions('').map((where) => `SELECT upper(symbol) AS day, n AS symbol FROM t WHERE ${where} ${list}`),
  conditions('t.').map(
    (where) => `SELECT n FROM t WHERE n IN (SELECT n FROM p WHERE ${where.replaceAll('t.', 'p.')}) ${list}`,
  ),
  conditions('').map(
    (where) => `SELECT count(*) FROM t WHERE ${where} UNION ALL SELECT count(*) FROM t WHERE n = 101`,
  ),
);

describe('files that a query cannot need', () => {
  it('are left out and never change its rows', async () => {
    let skipping = 0;
    await fc.assert(
      fc.asyncProperty(queries, async (sql) => {
        const whole = await ask(sql, false).catch(firstLine);
        const pruned = await ask(sql, true).catch(firstLine);
        if (typeof whole === 'string' || typeof pruned === 'string') expect(pruned).toEqual(whole);
        else {
          expect(pruned.rows, sql).toEqual(whole.rows);
          if (pruned.toRead % FILES !== 0) skipping++;
        }
      }),
      { numRuns: 80 },
    );
    expect(skipping).toBeGreaterThan(0);
  }, 60_000);

  it.each([
    ["symbol = 'C币'", 1],
    ['n BETWEEN 300 AND 305', 1],
    ["seen_at >= TIMESTAMPTZ '2026-11-11 00:00:00Z'", 2],
    ["day IN ('2026-11-01', '2026-11-02')", 2],
    ['n IS NULL', 1],
    ['n = 9007199254740995', 1],
    ['seen_at > now() + INTERVAL 100 YEAR', 0],
    ["length(symbol) = 2 AND day = DATE '2026-11-03'", 1],
    ['n = 305::FLOAT', FILES],
    ['price > 100', FILES],
    ["lower(symbol) = 'c币'", FILES],
  ])('WHERE %s leaves %i', async (where, files) => {
    expect((await ask(`SELECT * FROM t WHERE ${where}`, true)).toRead).toBe(files);
  });

  it.each<[string, Predicate, number]>([
    ['the partition decides', compare('day', '>', 20_766n), 0],
    ['no condition is understood', UNKNOWN, 0],
    [
      'the partition decides of all but 3',
      { kind: 'and', parts: [compare('day', '>', 20_766n), compare('n', '>', 1n)] },
      3,
    ],
    ['a column with bounds is asked for', compare('n', '>', 1n), FILES],
  ])('are skipped without parsing statistics where they cannot help: %s', (_, predicate, parsed) => {
    let parses = 0;
    const files = Array.from({ length: FILES }, (_, i) => ({
      path: `f${i}`,
      partitionValues: { day: `2026-11-${String(i + 1).padStart(2, '0')}` },
      size: 1,
      modificationTime: 1,
      dataChange: true,
      get stats() {
        parses++;
        return '{"numRecords":1}';
      },
    }));
    const fields = Object.entries(COLUMNS).map(([name, type]) => nullableField(name, type));
    const metadata = { configuration: {} } as Snapshot['metadata'];
    const table = { schema: { type: 'struct', fields } as const, metadata, partitionColumns: ['day'] };
    skipFiles(table, files, predicate);
    expect(parses).toBe(parsed);
  });

  it('are judged by their partition alone when statistics are missing or nonsense', async () => {
    const folder = await temporaryFolder();
    const table = await parquetTable(join(folder, 't'), COLUMNS, {}, ['day']);
    for (const [index, stats] of ['{', '{"numRecords":8}', 'null'].entries()) {
      await table.add(`SELECT * EXCLUDE (day) FROM (${rowsOf(index)})`, {
        partitionValues: { day: `2026-11-0${index + 1}` },
        stats,
      });
    }
    const toRead: number[] = [];
    for (const where of ["day = '2026-11-02'", "symbol = 'nobody'"]) {
      const session = await openSession({
        lake: folder,
        memoryBytes: 2 ** 28,
        sql: `SELECT * FROM t WHERE ${where}`,
        onTable: (opened) => toRead.push(opened.toRead),
      });
      await session.close();
    }
    expect(toRead).toEqual([1, 3]);
  });

  it('are found by the log, not by folders that lie above the table', async () => {
    const folder = join(await temporaryFolder(), 'symbol=ALL', 'day=1999-01-01');
    const table = await parquetTable(join(folder, 't'), COLUMNS, {}, ['day']);
    for (let i = 0; i < 70; i++) {
      const day = new Date(Date.UTC(2026, 0, 1 + i)).toISOString().slice(0, 10);
      await table.add(`SELECT * EXCLUDE (day) FROM (${rowsOf(i % 20)}) LIMIT 1`, {
        path: `day=${day}/f.parquet`,
        partitionValues: { day },
      });
    }
    const sql = `SELECT count(*)::INT, count(DISTINCT day)::INT, min(day)::VARCHAR, count_if(symbol = 'ALL')::INT FROM t`;
    const session = await openSession({ lake: folder, memoryBytes: 2 ** 28, sql });
    expect((await session.connection.runAndReadAll(sql)).getRowsJson()).toEqual([[70, 70, '2026-01-01', 0]]);
    await session.close();
  });

  it('of tables that the query does not name are not opened, broken or not', async () => {
    await writeFile(join(lake, 't', '_delta_log', '00000000000000000099.json'), '{"add":');
    await expect(ask('SELECT count(*) FROM p', true)).resolves.toMatchObject({ toRead: FILES });
    await expect(ask('SELECT count(*) FROM t', true)).rejects.toMatchObject({ code: 'TABLE_DAMAGED' });
  });
});
