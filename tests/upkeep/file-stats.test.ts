import { join } from 'node:path';
import { quotedString } from '@duckdb/node-api';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type DataType, nullableField, type PrimitiveType } from '../../src/delta/format/schema.ts';
import { compareUtf8 } from '../../src/delta/format/stats-strings.ts';
import { writtenFiles } from '../../src/upkeep/compaction/copy-stats.ts';
import { fileStats } from '../../src/upkeep/compaction/file-stats.ts';
import { runSql } from '../support/parquet-table.ts';
import { temporaryFolder } from '../support/program.ts';

/** Statistics of a file with these rows, as the log gets them. */
async function statsOf(select: string, types: Readonly<Record<string, DataType>>) {
  const path = quotedString(join(await temporaryFolder(), 'a.parquet'));
  const rows = await runSql(`COPY (${select}) TO ${path} (FORMAT parquet, RETURN_STATS)`);
  const fields = Object.entries(types).map(([name, type]) => nullableField(name, type as PrimitiveType));
  return JSON.parse(
    writtenFiles(rows as never)
      .map((file) => fileStats(file, fields))
      .join(),
  );
}

const text = fc.option(
  fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 80 }),
    fc.constantFrom('', '\u{10ffff}'.repeat(70), 'é'.repeat(200), 'x'.repeat(300), '\u007f'.repeat(33)),
  ),
);
const number = fc.option(fc.oneof(fc.double(), fc.constantFrom(Number.NaN, Infinity, -Infinity, -0, 5e-324)));
const micros = fc.option(fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n }));
const sqlOf = (value: string | null, type: string) =>
  value === null ? `NULL::${type}` : `${quotedString(value)}::${type}`;

it('the bounds that a writer tells hold for every row, and are as near as a scan could make them', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ s: text, d: number, t: micros }), { minLength: 1, maxLength: 12 }),
      async (rows) => {
        const values = rows.map(
          ({ s, d, t }) =>
            `(${sqlOf(s?.replaceAll('\0', ' ') ?? null, 'VARCHAR')}, ${sqlOf(d === null ? null : String(d), 'DOUBLE')}, make_timestamptz(${t ?? 'NULL'}))`,
        );
        const { numRecords, minValues, maxValues, nullCount } = await statsOf(
          `SELECT * FROM (VALUES ${values.join(', ')}) v(s, d, t)`,
          { s: 'string', d: 'double', t: 'timestamp' },
        );
        const nulls = (key: 's' | 'd' | 't') => rows.filter((row) => row[key] === null).length;
        expect([numRecords, nullCount]).toEqual([
          rows.length,
          { s: nulls('s'), d: nulls('d'), t: nulls('t') },
        ]);
        for (const { s } of rows) {
          if (s === null || maxValues.s === undefined) continue;
          expect(compareUtf8(minValues.s, s.replaceAll('\0', ' '))).toBeLessThanOrEqual(0);
          expect(compareUtf8(maxValues.s, s.replaceAll('\0', ' '))).toBeGreaterThanOrEqual(0);
        }
        const numbers = rows.flatMap(({ d }) => (d === null ? [] : [d]));
        const bound = (value: number) => (Number.isFinite(value) ? value + 0 : undefined);
        const [least, most] = numbers.some(Number.isNaN)
          ? [undefined, undefined]
          : [bound(Math.min(...numbers)), bound(Math.max(...numbers))];
        expect([minValues.d, maxValues.d]).toEqual([least, most]);
        const times = rows.flatMap(({ t }) => (t === null ? [] : [t])).sort((a, b) => (a < b ? -1 : 1));
        const [first, last] = [times[0], times.at(-1)];
        if (first !== undefined) {
          const floorMs = (first - (((first % 1000n) + 1000n) % 1000n)) / 1000n;
          expect(Date.parse(minValues.t)).toBe(Number(floorMs));
        }
        if (last !== undefined && last <= 253_402_300_799_999_000n) {
          const ceilMs = (last + ((1000n - (last % 1000n)) % 1000n)) / 1000n;
          expect(Date.parse(maxValues.t)).toBe(Number(ceilMs));
        }
      },
    ),
    { numRuns: 60 },
  );
}, 60_000);

it('what JSON cannot say exactly has no bound, fields of structs have theirs, lists and maps none', async () => {
  const struct: DataType = {
    type: 'struct',
    fields: [nullableField('q"x', 'long'), nullableField('a.b', 'string')],
  };
  const list: DataType = { type: 'array', elementType: 'long', containsNull: true };
  const stats = await statsOf(
    `SELECT * FROM (VALUES
      (DATE '0044-03-15 (BC)', TIMESTAMPTZ '290000-01-01 00:00:00+00', 'infinity'::TIMESTAMPTZ, 1.25::DECIMAL(20, 5), 1::DECIMAL(38, 18), {'q"x': 9223372036854775807, 'a.b': 'y'}, [1]),
      (DATE '2026-01-01', TIMESTAMPTZ '1969-12-31 23:59:59.999999+00', NULL, -2.5, 0.123456789012345678, NULL, [2])
    ) v(day, far, never, price, exact, nested, list)`,
    {
      day: 'date',
      far: 'timestamp',
      never: 'timestamp',
      price: 'decimal(20,5)',
      exact: 'decimal(38,18)',
      nested: struct,
      list,
    },
  );
  expect(stats).toEqual({
    numRecords: 2,
    minValues: { far: '1969-12-31T23:59:59.999Z', price: -2.5, nested: { 'q"x': 2 ** 63, 'a.b': 'y' } },
    maxValues: { day: '2026-01-01', price: 1.25, exact: 1, nested: { 'q"x': 2 ** 63, 'a.b': 'y' } },
    nullCount: { day: 0, far: 0, never: 1, price: 0, exact: 0, nested: { 'q"x': 1, 'a.b': 1 } },
  });
});

it('a column of numbers has no bounds when any of its row groups holds one that is not a number', async () => {
  const rows = `SELECT i, CASE WHEN i = 0 THEN 'NaN'::DOUBLE ELSE i END AS d, CASE WHEN i = 0 THEN 'NaN'::FLOAT ELSE i END AS f FROM range(130000) t(i)`;
  const { minValues, maxValues } = await statsOf(rows, { i: 'long', d: 'double', f: 'float' });
  expect([minValues, maxValues]).toEqual([{ i: 0 }, { i: 129_999 }]);
});
