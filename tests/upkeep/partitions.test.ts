import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePath, encodePath, partitionFolder } from '../../src/delta/format/file-path.ts';
import { verifyTable } from '../../src/query/verify/verify-table.ts';
import { compactTable } from '../../src/upkeep/compaction/compact-table.ts';
import { type ParquetTable, parquetTable } from '../support/parquet-table.ts';
import { run, temporaryFolder } from '../support/program.ts';

const HARD = [
  ...['币安人生USDT', '100%', 'US/East', 'a+b', 'a b', '😀', 'x'.repeat(40), '%20', '..', '.', "it's", '#?'],
  ...['a=b', '"q"', '\\', '*', '[x]', '{y}', 'tab\t', 'é', 'e\u0301', '__HIVE_DEFAULT_PARTITION__x', 'NULL'],
];

describe('a partition value', () => {
  const text = fc.oneof(fc.constantFrom(...HARD), fc.string({ unit: 'grapheme', minLength: 1 }));

  it('becomes a folder that says it, stays one folder, and survives the log', () => {
    fc.assert(
      fc.property(text, text, (column, value) => {
        const folder = partitionFolder(column, value);
        expect(folder).not.toMatch(/[/\0]|^\.\.?$/);
        const parts = folder
          .split('=')
          .map((part) =>
            part.replace(/%([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
          );
        expect(parts).toEqual([column, value]);
        expect(decodePath(encodePath(`${folder}/part`))).toBe(`${folder}/part`);
        expect(encodePath(folder)).toMatch(/^[\x21-\x7e]+$/);
      }),
    );
  });

  it('that is empty is null, as for every engine', () => {
    for (const value of [null, '']) expect(partitionFolder('c', value)).toBe('c=__HIVE_DEFAULT_PARTITION__');
  });
});

const PLACES = [...HARD.slice(0, 7), null];

/** Two files for each place and half. */
async function tableOfPlaces(lake: string): Promise<ParquetTable> {
  const made = await parquetTable(`${lake}/places`, { id: 'long', place: 'string', half: 'integer' }, {}, [
    'half',
    'place',
  ]);
  let id = 0;
  for (const place of PLACES) {
    for (const half of ['1', '2']) {
      for (let copy = 0; copy < 2; copy++) {
        const folder = [partitionFolder('half', half), partitionFolder('place', place)].join('/');
        await made.add(`SELECT ${id++}::BIGINT AS id`, {
          path: `${folder}/part-${copy}.parquet`,
          partitionValues: { half, place },
        });
      }
    }
  }
  return made;
}

it('a table of two partition columns with any text in them has the same rows after compaction', async () => {
  const lake = await temporaryFolder();
  const { table } = await tableOfPlaces(lake);
  const rows = async () => {
    const sql = 'SELECT id::INT AS id, half, place FROM places ORDER BY id';
    const { stdout, stderr } = await run([
      ...['read', '--lake', lake, '--table', `places=${lake}/places`, '--sql', sql, '--format', 'ndjson'],
    ]);
    return stderr === ''
      ? stdout
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line))
      : stderr;
  };
  const expected = PLACES.flatMap((place, index) =>
    [1, 1, 2, 2].map((half, copy) => ({ id: index * 4 + copy, half, place })),
  );
  expect(await rows()).toEqual(expected);
  const { done } = await compactTable(table, {
    clusterBy: [],
    curve: 'none',
    targetBytes: 2 ** 27,
    memoryBytes: 2 ** 28,
    nowMs: Date.now(),
    all: true,
    only: undefined,
    dryRun: false,
    signal: new AbortController().signal,
  });
  expect(done.map(({ filesBefore, filesAfter }) => [filesBefore, filesAfter])).toEqual(
    Array(2 * PLACES.length).fill([2, 1]),
  );
  expect(await rows()).toEqual(expected);
  const findings = await verifyTable(table, new AbortController().signal);
  expect(findings.filter(({ severity }) => severity === 'damage')).toEqual([]);
});
