import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RecordBatchReader, tableFromIPC } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uniqueNames } from '../../src/output/column-names.ts';
import { runInProcess } from '../support/in-process.ts';
import { runSql } from '../support/parquet-table.ts';

/** One value of a type, and what it is in each format; `test_types.py` reads the same list with Python's engines. */
interface TypeCase {
  readonly name: string;
  readonly sql: string;
  readonly json: string | number | boolean;
  readonly parquet: string;
  /** The integer by which Arrow and Parquet store it. */
  readonly raw?: string;
}

const CASES = JSON.parse(await readFile('tests/output/types.json', 'utf8')) as readonly TypeCase[];
/** A row with the values and one with nothing. */
const SQL = `SELECT ${CASES.map(({ name, sql }) => `CASE WHEN r = 0 THEN ${sql} END AS ${name}`).join(', ')} FROM range(2) t(r)`;

let folder: string;
let lake: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crypto-lake-types-'));
  // A lake, so that there is something to read: nothing of it is named.
  const { parquetTable } = await import('../support/parquet-table.ts');
  const { PRICES_TABLE } = await import('../../src/lake/tables/prices.ts');
  lake = join(folder, 'lake');
  await parquetTable(join(lake, 'prices'), PRICES_TABLE.columns, {}, ['date']);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function written(sql: string, ...words: string[]): Promise<Buffer> {
  const { stdout, error } = await runInProcess(lake, ['read', '--sql', sql, ...words]);
  expect(error).toBeUndefined();
  return stdout;
}

async function fileOf(sql: string, name: string): Promise<string> {
  const file = join(folder, name);
  await written(sql, '-o', file);
  return file;
}

describe('the extremes of every type', () => {
  it.each(['json', 'ndjson'])('are exact in %s', async (format) => {
    const text = String(await written(SQL, '--format', format));
    const [first, second] =
      format === 'json' ? JSON.parse(text) : text.split('\n', 2).map((line) => JSON.parse(line));
    for (const { name, json } of CASES) {
      expect([name, first[name]]).toEqual([name, json]);
      expect([name, second[name]]).toEqual([name, null]);
    }
  });

  it('are exact in CSV', async () => {
    const file = await fileOf(SQL, 'x.csv');
    const [first, second] = await runSql(
      `FROM read_csv('${file}', all_varchar = true, header = true, auto_detect = false, sep = ',', quote = '"', escape = '"', columns = {${CASES.map(({ name }) => `${name}: 'VARCHAR'`).join()}})`,
    );
    for (const [index, { name, json }] of CASES.entries()) {
      // An empty text and NULL are the same in CSV.
      expect([name, first?.[index] ?? '']).toEqual([name, String(json)]);
      expect([name, second?.[index]]).toEqual([name, null]);
    }
  });

  it.each(['table', 'markdown'])('are exact in a %s', async (format) => {
    const shown = CASES.filter(({ name }) => !name.startsWith('text'));
    const sql = `SELECT ${shown.map(({ name, sql }) => `${sql} AS ${name}`)}`;
    const [, , line = ''] = String(await written(sql, '--format', format)).split('\n');
    const cells = format === 'table' ? line.trim().split(/ {2,}/) : line.slice(2, -2).split(' | ');
    expect(cells).toEqual(shown.map(({ json }) => String(json)));
  });

  it('are exact in Parquet, in types that all readers know', async () => {
    const file = await fileOf(SQL, 'x.parquet');
    const same = CASES.map(({ name, sql, parquet }) => `(${sql})::${parquet} IS NOT DISTINCT FROM ${name}`);
    const [types] = await runSql(
      `SELECT ${CASES.map(({ name }) => `typeof(${name})`)} FROM '${file}' LIMIT 1`,
    );
    const [isSame] = await runSql(`SELECT ${same} FROM '${file}' LIMIT 1`);
    const [nulls] = await runSql(`SELECT ${CASES.map(({ name }) => `count(${name})::INT`)} FROM '${file}'`);
    for (const [index, { name, parquet }] of CASES.entries())
      expect([name, types?.[index], isSame?.[index], nulls?.[index]]).toEqual([name, parquet, true, 1]);
  });

  it.each(['x.arrow', 'x.arrows'])('are exact in Arrow, as %s', async (name) => {
    const bytes = await readFile(await fileOf(SQL, name));
    expect(RecordBatchReader.from(bytes).isFile()).toBe(name === 'x.arrow');
    expect(bytes.subarray(0, 6).toString() === 'ARROW1').toBe(name === 'x.arrow');
    const table = tableFromIPC(bytes);
    for (const { name: column, raw, json } of CASES) {
      const vector = table.getChild(column);
      expect([column, vector?.get(1)]).toEqual([column, null]);
      if (raw !== undefined) {
        const values = vector?.data[0]?.values as ArrayLike<number | bigint>;
        const words = vector?.type.toString().startsWith('Decimal')
          ? BigInt.asIntN(
              128,
              [3, 2, 1, 0].reduce((sum, word) => (sum << 32n) | BigInt(values[word] ?? 0), 0n),
            )
          : BigInt(values[0] ?? 0);
        expect([column, String(words)]).toEqual([column, raw]);
      } else if (typeof json !== 'string' || /^text|interval|uuid|timetz|bit/.test(column))
        expect([column, vector?.get(0)]).toEqual([column, json]);
    }
    expect(Buffer.from(table.getChild('blob')?.get(0)).toString('base64')).toBe('/wBB');
  });

  it.each(['x.arrow', 'x.parquet'])('that %s cannot hold are refused, not bent', async (name) => {
    for (const [number, type] of [
      ['170141183460469231731687303715884105727', 'HUGEINT'],
      ['340282366920938463463374607431768211455', 'UHUGEINT'],
    ]) {
      const sql = `SELECT ${number}::${type} AS n`;
      const { error } = await runInProcess(lake, ['read', '--sql', sql, '-o', join(folder, name)]);
      expect(error).toMatchObject({
        code: 'QUERY_FAILED',
        message: `${number} has more digits than a decimal of 38`,
        hint: expect.stringContaining('`VARCHAR`'),
      });
      expect(String(await written(sql, '--format', 'csv'))).toBe(`n\n${number}\n`);
    }
  });

  it('are kept in lists, structs and maps of Parquet', async () => {
    const file = await fileOf(
      "SELECT [sum(1)] AS l, {'h': sum(2)} AS s, MAP {'k': uuid()} AS m",
      'nested.parquet',
    );
    const [types] = await runSql(
      `SELECT typeof(l), typeof(s), typeof(m), l[1]::VARCHAR, s.h::VARCHAR FROM '${file}'`,
    );
    expect(types).toEqual(['DECIMAL(38,0)[]', 'STRUCT(h DECIMAL(38,0))', 'MAP(VARCHAR, VARCHAR)', '1', '2']);
  });
});

describe('a CSV of one column', () => {
  it('quotes an empty cell, for readers pass over blank lines', async () => {
    const sql = 'SELECT unnest([NULL, 1.5, NULL]) AS contract_size';
    expect(String(await written(sql, '--format', 'csv'))).toBe('contract_size\n""\n1.5\n""\n');
  });
});

describe('the names of columns', () => {
  const SAME = 'SELECT 1 AS a, 2 AS a, 3 AS "A", 4 AS a_1 ORDER BY 1';

  it('are unique, and the same in every format', async () => {
    const names = ['a', 'a_2', 'A_3', 'a_1'];
    expect(uniqueNames(['a', 'a', 'A', 'a_1'])).toEqual(names);
    expect(uniqueNames(['b', 'a'])).toEqual(['b', 'a']);
    const [line] = String(await written(SAME, '--format', 'ndjson')).split('\n');
    expect(Object.keys(JSON.parse(line ?? ''))).toEqual(names);
    expect(String(await written(SAME, '--format', 'csv'))).toBe(`${names.join(',')}\n1,2,3,4\n`);
    expect(String(await written(SAME, '--format', 'table')).split('\n')[0]).toBe('a  a_2  A_3  a_1');
    expect(String(await written(SAME, '--format', 'markdown'))).toMatch(/^\| a \| a_2 \| A_3 \| a_1 \|\n/);
    const arrow = tableFromIPC(await readFile(await fileOf(SAME, 'names.arrow')));
    expect(arrow.schema.fields.map(({ name }) => name)).toEqual(names);
    const parquet = await fileOf(SAME, 'names.parquet');
    expect((await runSql(`SELECT column_name FROM (DESCRIBE FROM '${parquet}')`)).flat()).toEqual(names);
  });

  it('from outside are shown on a terminal, not obeyed', async () => {
    const sql = 'SELECT 1 AS "\u001b[2J\u202ex"';
    for (const format of ['table', 'json', 'ndjson', 'csv', 'markdown']) {
      const { stdout } = await runInProcess(lake, ['read', '--sql', sql, '--format', format], 80);
      expect(String(stdout)).toContain('\\u001b[2J\\u202ex');
      for (const raw of ['\u001b', '\u202e']) expect(String(stdout)).not.toContain(raw);
    }
  });
});

describe('Parquet', () => {
  it('takes a query with a comment behind its last semicolon, keeps its order, and what only describes', async () => {
    const sql =
      "SELECT range AS n, '; --' AS t FROM range(100000) ORDER BY n DESC; -- the end\n/* really; */";
    const file = await fileOf(sql, 'order.parquet');
    const rows = await runSql(
      `SELECT n::INT FROM read_parquet('${file}', file_row_number = true) ORDER BY file_row_number`,
    );
    expect(rows.flat()).toEqual(Array.from({ length: 100_000 }, (_, index) => 99_999 - index));
    const described = await fileOf('DESCRIBE SELECT 1 AS a', 'described.parquet');
    expect((await runSql(`SELECT column_name FROM '${described}'`)).flat()).toEqual(['a']);
  });
});
