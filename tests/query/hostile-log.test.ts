import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSchema } from '../../src/delta/format/schema.ts';
import { openSession } from '../../src/query/session/open-session.ts';
import { checkedStatement } from '../../src/query/session/sql-guard.ts';
import { verifyTable } from '../../src/query/verify/verify-table.ts';
import { parquetTable } from '../support/parquet-table.ts';
import { run, temporaryFolder } from '../support/program.ts';

const memoryBytes = 2 ** 28;
/** Would leave a file, were any of it taken for SQL. */
const hostileAt = (file: string) => [
  `INTEGER) AS y; COPY (SELECT 42) TO '${file}'; SELECT (1`,
  `x" FROM range(1); COPY (SELECT 42) TO '${file}'; --`,
  `'); COPY (SELECT 42) TO '${file}'; --`,
  `\\'; COPY (SELECT 42) TO '${file}'; --`,
  `$$; COPY (SELECT 42) TO '${file}'; --`,
];

function schemaWith(type: unknown): string {
  return JSON.stringify({
    type: 'struct',
    fields: [
      { name: 'id', type: 'long', nullable: true, metadata: {} },
      { name: 'v', type, nullable: true, metadata: {} },
    ],
  });
}

describe('a type in a log that is none', () => {
  const nested = (type: string): unknown[] => [
    type,
    { type: 'array', elementType: type, containsNull: true },
    { type: 'map', keyType: 'string', valueType: { type: 'array', elementType: type, containsNull: true } },
    { type: 'struct', fields: [{ name: 'f', type, nullable: true, metadata: {} }] },
  ];

  it.each([
    ...hostileAt('x.csv'),
    'interval_of_tomorrow',
    'decimal',
    'decimal(39,0)',
    'decimal(5,6)',
    'decimal(0,0)',
    'decimal(10,2) ',
    'LONG',
    '',
    'toString',
  ])('is refused by its name, however deep it lies: %j', (type) => {
    for (const place of nested(type))
      expect(() => parseSchema(schemaWith(place))).toThrow(
        expect.objectContaining({
          code: 'TABLE_UNSUPPORTED',
          message: expect.stringContaining(`\`${type}\``),
        }),
      );
  });

  it('is none of those that Delta knows', () => {
    const known =
      'string long integer short byte float double boolean binary date timestamp timestamp_ntz void';
    for (const type of [...known.split(' '), 'decimal(38,38)', 'decimal(1,0)', 'decimal(10, 2)'])
      for (const place of nested(type)) expect(parseSchema(schemaWith(place)).fields).toHaveLength(2);
  });
});

it('a table with names that differ in case alone is refused by both of them', () => {
  const fields = ['Id', 'iD'].map((name) => ({ name, type: 'long', nullable: true, metadata: {} }));
  const inStruct = [{ name: 's', type: { type: 'struct', fields }, nullable: true, metadata: {} }];
  for (const [columns, names] of [
    [fields, ['`Id`', '`iD`']],
    [inStruct, ['`s.Id`', '`s.iD`']],
  ] as const)
    for (const name of names)
      expect(() => parseSchema(JSON.stringify({ type: 'struct', fields: columns }))).toThrow(
        expect.objectContaining({ code: 'TABLE_UNSUPPORTED', message: expect.stringContaining(name) }),
      );
});

describe('the names, values and paths of a log', () => {
  it('are never SQL, whatever they say', async () => {
    const folder = await temporaryFolder();
    const target = join(folder, 'PWNED');
    const part = fc.oneof(
      fc.constantFrom(...hostileAt(target), '"', "'", ';', '--', '/*', '*/', '\\', '$$', '\u0000', '牛', ' '),
      fc.string({ unit: 'binary', maxLength: 6 }),
    );
    const words = fc.array(part, { maxLength: 3 }).map((parts) => parts.join('').toWellFormed());
    const name = words.map((text) => `n${text.replaceAll('\0', '')}`.slice(0, 100));
    const file = words.map((text) => `f${text.replace(/[\0/\\*?[]/g, '').slice(0, 40)}.parquet`);
    let tables = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(name, { minLength: 3, maxLength: 3, selector: (text) => text.toLowerCase() }),
        words,
        file,
        async ([column = '', field = '', partition = ''], value, path) => {
          const lake = join(folder, String(tables++));
          const struct = {
            type: 'struct',
            fields: [{ name: field, type: 'long', nullable: true, metadata: {} }],
          };
          const table = await parquetTable(
            join(lake, 't'),
            { [column]: 'long', s: struct as never, [partition]: 'string' },
            { [`delta.${value}`]: value },
            [partition],
          );
          const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
          await table.add(`SELECT 7::BIGINT AS ${quoted(column)}, {${quoted(field)}: 8::BIGINT} AS s`, {
            path,
            partitionValues: { [partition]: value },
          });
          for (const sql of ['SELECT * FROM t', undefined]) {
            const session = await openSession({ lake, memoryBytes, sql });
            try {
              const rows = await session.connection.runAndReadAll('SELECT COLUMNS(*)::VARCHAR FROM t');
              const [[seven, , third]] = rows.getRows() as [[string, string, string | null]];
              expect([seven, third]).toEqual(['7', value === '' ? null : value]);
            } finally {
              await session.close();
            }
          }
          const findings = await verifyTable(table.table, new AbortController().signal);
          expect(findings.filter(({ severity }) => severity === 'damage')).toEqual([]);
        },
      ),
      { numRuns: 25 },
    );
    expect(await readdir(folder)).not.toContain('PWNED');
  }, 60_000);

  it.each([
    ['decimal(10,2)', '-12.-34'],
    ['integer', '1.5'],
    ['byte', '128'],
    ['date', '2026-02-30'],
    ['timestamp', "2026-01-01'); SELECT ('x"],
    ['boolean', 'perhaps'],
    ['double', '1,5'],
  ] as const)('that are no %s are named: %s', async (type, value) => {
    const folder = await temporaryFolder();
    const table = await parquetTable(join(folder, 't'), { id: 'long', p: type }, {}, ['p']);
    await table.add('SELECT 1::BIGINT AS id', { partitionValues: { p: value } });
    await expect(openSession({ lake: folder, memoryBytes, sql: 'SELECT id FROM t' })).rejects.toMatchObject({
      code: 'TABLE_DAMAGED',
      message: expect.stringContaining(value),
    });
  });

  it('are matched without regard to case where a partition is named', async () => {
    const folder = await temporaryFolder();
    const table = await parquetTable(join(folder, 't'), { id: 'long', Day: 'date' }, {}, ['day']);
    await table.add('SELECT 1::BIGINT AS id', { partitionValues: { DAY: '2026-11-20' } });
    await table.add('SELECT 2::BIGINT AS id', { partitionValues: { day: '2026-11-21' } });
    const sql = "SELECT id::INT, Day::VARCHAR FROM t WHERE day >= '2026-11-20' ORDER BY 1";
    const session = await openSession({ lake: folder, memoryBytes, sql });
    expect((await session.connection.runAndReadAll(sql)).getRows()).toEqual([
      [1, '2026-11-20'],
      [2, '2026-11-21'],
    ]);
    await session.close();
  });

  it('are null where the log names none for a column, as delta-rs and Spark have it, and never those of the path', async () => {
    const folder = await temporaryFolder();
    const table = await parquetTable(join(folder, 't'), { id: 'long', day: 'date' }, {}, ['day']);
    const path = 'day=2026-11-20/part-0.parquet';
    await table.add('SELECT 1::BIGINT AS id', { path, partitionValues: {} });
    await table.add('SELECT 2::BIGINT AS id', { partitionValues: { day: '2026-11-20' } });
    for (const [where, rows] of [
      ['true', [1, 2]],
      ['day IS NULL', [1]],
      ["day = '2026-11-20'", [2]],
    ] as const) {
      const sql = `SELECT id::INT FROM t WHERE ${where} ORDER BY 1`;
      const session = await openSession({ lake: folder, memoryBytes, sql });
      expect((await session.connection.runAndReadAll(sql)).getRows().flat()).toEqual(rows);
      await session.close();
    }
  });
});

describe('a statement', () => {
  it('is judged before any table is opened', async () => {
    const mounts = [`x=${join(await temporaryFolder(), 'no-such-table')}`];
    for (const sql of [
      "COPY (SELECT * FROM x) TO 'y.csv'",
      'SELECT * FROM x; SELECT 1',
      "SELECT * FROM x, enable_logging(storage='stdout')",
      "EXPLAIN ANALYZE SELECT write_log('x') FROM x",
      'SELECT 1\0; SELECT 2',
      'SELEC * FROM x',
    ])
      await expect(
        openSession({ lake: mounts[0] ?? '', mounts, memoryBytes, sql }),
        sql,
      ).rejects.toMatchObject({
        code: expect.stringMatching(/^SQL_/),
      });
  });

  it('opens no file but those that were planned, and writes over none, however it is spelled', async () => {
    const folder = await temporaryFolder();
    const table = await parquetTable(join(folder, 't'), { id: 'long' });
    const wanted = table.store.enginePath(await table.add('SELECT 1::BIGINT AS id'));
    const other = table.store.enginePath(await table.add('SELECT 5::BIGINT AS id'));
    const before = await readFile(wanted);
    const sql = 'SELECT * FROM t WHERE id = 1';
    const session = await openSession({ lake: folder, memoryBytes, sql });
    try {
      const { connection } = session;
      for (const [path, isAllowed] of [
        [wanted, true],
        [other, false],
        [join(folder, 't', '*.parquet'), false],
        [join(folder, 't', '_delta_log', '00000000000000000000.json'), false],
      ] as const) {
        const reading = checkedStatement(connection, `SELECT * FROM read_blob('${path}')`).then((done) =>
          done.run(),
        );
        if (isAllowed) await reading;
        else await expect(reading, path).rejects.toThrow(/disabled by configuration|outside of the lake/);
      }
      // Comments nest for DuckDB: what a pattern takes for the statement may be a text to it.
      const tricks = [
        `EXPLAIN /* /* */ ANALYZE SELECT ' */ ANALYZE COPY (SELECT 1) TO $$${wanted}$$ --'`,
        `EXPLAIN ANALYZE /* /* */ SELECT ' */ COPY (SELECT 1) TO $$${wanted}$$ --'`,
        `/* /* */ EXPLAIN ANALYZE SELECT ' */ EXPLAIN ANALYZE COPY (SELECT 1) TO $$${wanted}$$ --'`,
        `EXPLAIN ANALYZE COPY (SELECT 1) TO '${wanted}'`,
      ];
      for (const trick of tricks) {
        await checkedStatement(connection, trick)
          .then((done) => done.run())
          .catch((error) => expect(error.code, trick).toMatch(/^SQL_/));
      }
      expect(await readFile(wanted)).toEqual(before);
    } finally {
      await session.close();
    }
  });

  it('that explains another is answered without running it, or with its times', async () => {
    const lake = await temporaryFolder();
    for (const sql of [
      'EXPLAIN SELECT 1',
      '-- why\nexplain /* so */ analyze FROM range(3)',
      'EXPLAIN (SELECT 1)',
    ]) {
      const { code, stdout } = await run(['read', '--lake', lake, '--sql', sql]);
      expect([code, stdout.length > 0], sql).toEqual(sql.includes('(SELECT') ? [2, false] : [0, true]);
    }
    await expect(access(join(lake, 'PWNED'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
