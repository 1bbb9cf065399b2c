import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkpointActions, writeCheckpoint } from '../../../src/delta/checkpoint/write-checkpoint.ts';
import { DeltaTable } from '../../../src/delta/delta-table.ts';
import { type DataType, nullableField } from '../../../src/delta/format/schema.ts';
import { checkpointName, commitName } from '../../../src/delta/log/log-path.ts';
import type { Snapshot } from '../../../src/delta/log/snapshot.ts';
import { LocalStore } from '../../../src/delta/store/local-store.ts';
import { TableBatch } from '../../../src/ingest/rows/table-batch.ts';
import { appendBatch } from '../../../src/ingest/write/append-batch.ts';
import { openLakeTable } from '../../../src/lake/open-lake-table.ts';
import { QUARANTINE_TABLE } from '../../../src/lake/tables/quarantine.ts';
import { PARQUET_CHECKPOINTS } from '../../../src/parquet/parquet-checkpoints.ts';
import { verifyTable } from '../../../src/query/verify/verify-table.ts';
import { append, fakeFile } from '../../support/delta.ts';
import { type ParquetTable, parquetTable } from '../../support/parquet-table.ts';
import { temporaryFolder } from '../../support/program.ts';

const verify = (table: DeltaTable) => verifyTable(table, new AbortController().signal);

const COLUMNS = {
  id: 'long',
  symbol: 'string',
  price: 'double',
  amount: 'decimal(38,18)',
  day: 'date',
  ts: 'timestamp',
} as const;
const ROWS = `SELECT * FROM (VALUES
  (1::BIGINT, 'A', 1.5::DOUBLE, 1.123456789012345678::DECIMAL(38,18), DATE '2026-11-01', TIMESTAMPTZ '2026-11-01T00:00:00.000001Z'),
  (9007199254740993::BIGINT, '2026-11-01T00:00:00Z', 0.1::DOUBLE, 2.000000000000000001::DECIMAL(38,18), DATE '2026-11-02', TIMESTAMPTZ '2026-11-02T00:00:00.123456Z'),
  (NULL, NULL, NULL, NULL, NULL, NULL)) AS t(id, symbol, price, amount, day, ts)`;

describe('verification of files', () => {
  it('finds nothing in a sound table, and only notes orphans', async () => {
    const made = await parquetTable(await temporaryFolder(), COLUMNS);
    await made.add(ROWS);
    await writeCheckpoint(made.table, { nowMs: Date.now(), force: true });
    await made.add(ROWS);
    expect(await verify(made.table)).toEqual([]);
    await writeFile(join(made.folder, 'orphan.parquet'), 'x');
    expect(await verify(made.table)).toMatchObject([{ severity: 'note', file: 'orphan.parquet' }]);
  });

  it('takes a bound with a NUL, which raw data may begin with, for what it is', async () => {
    const lake = await temporaryFolder();
    const batch = new TableBatch(QUARANTINE_TABLE);
    const row = { source: 'a', venue: null, market: null, connection: 'b', reason: 'c' };
    for (const raw of ['\0x', "'\0'", 'z\0'])
      batch.add(1_800_000_000_000_000, { ...row, received_at: 1_800_000_000_000_000, raw });
    const table = await openLakeTable(lake, QUARANTINE_TABLE);
    await appendBatch(table, batch, undefined);
    expect(await verify(table)).toEqual([]);
  });

  const exact = {
    minValues: { amount: '1.123456789012345678' },
    maxValues: { amount: '2.000000000000000001' },
  };
  it('compares decimals to the last digit', async () => {
    const made = await parquetTable(await temporaryFolder(), COLUMNS);
    const bare = (stats: unknown) => JSON.stringify(stats).replace(/"(\d+\.\d+)"/g, '$1');
    await made.add(ROWS, { stats: bare(exact) });
    expect(await verify(made.table)).toEqual([]);
    await made.add(ROWS, { stats: bare({ maxValues: { amount: '2.000000000000000000' } }) });
    expect(await verify(made.table)).toMatchObject([
      { message: expect.stringContaining('`amount` has values above') },
    ]);
  });

  it.each([
    ['rows', { numRecords: 4 }, /has 3 rows, the log says 4/],
    ['nulls', { nullCount: { id: 0 } }, /`id` has another number of nulls/],
    ['a minimum', { minValues: { id: 2 } }, /`id` has values below/],
    [
      'a maximum that a double would round to the truth',
      '{"maxValues":{"id":9007199254740992}}',
      /`id` has values above/,
    ],
    ['a text', { maxValues: { symbol: '9' } }, /`symbol` has values above/],
    ['a floating point number', { minValues: { price: 0.2 } }, /`price` has values below/],
    ['a day', { maxValues: { day: '2026-11-01' } }, /`day` has values above/],
    ['a time', { maxValues: { ts: '2026-11-02T00:00:00.122Z' } }, /`ts` has values above/],
    ['statistics that are no JSON', '{"numRecords":', /cannot be read/],
  ])('finds wrong statistics: %s', async (_, stats, message) => {
    const made = await parquetTable(await temporaryFolder(), COLUMNS);
    await made.add(ROWS, { stats });
    expect(await verify(made.table)).toMatchObject([
      { severity: 'damage', file: 'part-0.parquet', message: expect.stringMatching(message) },
    ]);
  });

  describe('in structs', () => {
    const info: DataType = {
      type: 'struct',
      fields: [
        nullableField('n', 'long'),
        nullableField('deep', { type: 'struct', fields: [nullableField('d', 'decimal(38,18)')] }),
        nullableField('list', { type: 'array', elementType: 'long', containsNull: true }),
      ],
    };
    const rows = `SELECT CASE WHEN i > 0 THEN {n: 9007199254740992 + i, deep: {d: 1.123456789012345678::DECIMAL(38,18)}, list: [i]} END AS info
      FROM range(3) t(i)`;

    it.each([
      [
        'what is true',
        { n: '9007199254740993' },
        { deep: { d: '1.123456789012345678' } },
        { n: 1, deep: { d: 1 }, list: 1 },
      ],
      ['a minimum', { n: '9007199254740994' }, {}, {}, '`info.n` has values below its minimum in the log'],
      [
        'a maximum',
        {},
        { deep: { d: '1.123456789012345677' } },
        {},
        '`info.deep.d` has values above its maximum in the log',
      ],
      ['nulls', {}, {}, { deep: { d: 0 } }, '`info.deep.d` has another number of nulls than the log says'],
      ['nulls of a list', {}, {}, { list: 0 }, '`info.list` has another number of nulls than the log says'],
    ])('looks at statistics of each field: %s', async (_, min, max, nulls, ...found) => {
      const made = await parquetTable(await temporaryFolder(), { info });
      const stats = {
        numRecords: 3,
        minValues: { info: min },
        maxValues: { info: max },
        nullCount: { info: nulls },
      };
      await made.add(rows, { stats: JSON.stringify(stats).replace(/"([\d.]+)"/g, '$1') });
      expect((await verify(made.table)).map(({ message }) => message)).toEqual(found);
    });

    it('bears with files that lack a field, and finds one of another type', async () => {
      const made = await parquetTable(await temporaryFolder(), { info });
      await made.add('SELECT {deep: {d: 1::DECIMAL(38,18), more: 1}} AS info', { stats: {} });
      expect(await verify(made.table)).toEqual([]);
      await made.add("SELECT {n: 'text'} AS info", { stats: {} });
      expect((await verify(made.table)).map(({ message }) => message)).toEqual([
        '`info.n` is stored as VARCHAR, the schema says BIGINT',
      ]);
    });
  });

  it('bears with bounds of other writers: times floored to the millisecond, values that are not a number', async () => {
    const made = await parquetTable(await temporaryFolder(), COLUMNS);
    await made.add(ROWS, { stats: { maxValues: { ts: '2026-11-01T16:00:00.123-08:00' } } });
    expect(await verify(made.table)).toEqual([]);
    await made.add("SELECT unnest(['nan', '1'])::DOUBLE AS price", {
      stats: { minValues: { price: 1 }, maxValues: { price: 1 } },
    });
    expect(await verify(made.table)).toMatchObject([
      { severity: 'note', message: expect.stringContaining('not a number') },
    ]);
  });

  it('finds columns of another type, also a time without a zone, and notes unknown ones', async () => {
    const made = await parquetTable(await temporaryFolder(), COLUMNS);
    await made.add("SELECT 1::INTEGER AS id, TIMESTAMP '2026-11-01' AS ts, 5 AS extra", { stats: {} });
    const findings = await verify(made.table);
    expect(findings.map(({ severity, message }) => `${severity}: ${message}`)).toEqual([
      'note: column `extra` is not in the schema',
      'damage: `id` is stored as INTEGER, the schema says BIGINT',
      'damage: `ts` is stored as TIMESTAMP, the schema says TIMESTAMP WITH TIME ZONE',
    ]);
  });

  it('finds missing files, files of another size, files that are no Parquet, and paths that lead away', async () => {
    const made = await parquetTable(await temporaryFolder(), { id: 'long' });
    const paths = [];
    for (let i = 0; i < 2; i++) paths.push(await made.add('SELECT 1::BIGINT AS id'));
    await rm(join(made.folder, paths[0] ?? ''));
    await truncate(join(made.folder, paths[1] ?? ''), 10);
    await writeFile(join(made.folder, 'text.parquet'), 'x');
    await append(made.table, ['text.parquet', '../away.parquet', 'file:///other/place.parquet']);
    expect(
      (await verify(made.table)).map(({ severity, file, message }) => [severity, file, message.slice(0, 20)]),
    ).toEqual([
      ['damage', 'part-0.parquet', 'the file is missing'],
      ['damage', 'part-1.parquet', 'it has 10 bytes, the'],
      ['damage', 'text.parquet', 'it cannot be read: I'],
      ['damage', '../away.parquet', 'the table names a fi'],
      ['note', '/other/place.parquet', 'it is named by an ab'],
    ]);
  });
});

describe('verification of the log', () => {
  /** Versions 0 to 4, with a checkpoint of version 2. */
  async function logged(): Promise<ParquetTable> {
    const made = await parquetTable(await temporaryFolder(), { id: 'long' });
    for (let i = 0; i < 4; i++) {
      await made.add(`SELECT ${i}::BIGINT AS id`);
      if (i === 1) await writeCheckpoint(made.table, { nowMs: Date.now(), force: true });
    }
    return made;
  }

  it('finds a gap and a broken commit below a checkpoint', async () => {
    const made = await logged();
    await rm(join(made.folder, commitName(1)));
    expect(await verify(await reopened(made))).toMatchObject([
      { severity: 'damage', message: 'commit 1 is missing' },
    ]);
    await writeFile(join(made.folder, commitName(1)), '{"add":');
    expect(await verify(await reopened(made))).toMatchObject([{ severity: 'damage', file: commitName(1) }]);
  });

  it('finds a checkpoint that cannot be read', async () => {
    const made = await logged();
    await truncate(join(made.folder, checkpointName(2)), 100);
    expect(await verify(await reopened(made))).toMatchObject([
      { severity: 'damage', file: checkpointName(2), message: expect.stringContaining('cannot be read') },
    ]);
  });

  it.each([
    [
      'lacks a file',
      (then: Snapshot) => ({ ...then, files: new Map([...then.files].slice(1)) }),
      /lacks 1 files/,
    ],
    [
      'has a file too many',
      (then: Snapshot) => ({ ...then, files: new Map([...then.files, ['x', fakeFile('x')]]) }),
      /has 1 files that the commits do not/,
    ],
    [
      'has another size',
      (then: Snapshot) => ({
        ...then,
        files: new Map([...then.files].map(([key, add]) => [key, { ...add, size: 1 }])),
      }),
      /another size/,
    ],
    [
      'has another schema',
      (then: Snapshot) => ({
        ...then,
        metadata: { ...then.metadata, schemaString: '{"type":"struct","fields":[]}' },
      }),
      /other metadata/,
    ],
    [
      'has another protocol',
      (then: Snapshot) => ({ ...then, protocol: { minReaderVersion: 1, minWriterVersion: 1 } }),
      /another protocol/,
    ],
  ])('finds a checkpoint that %s', async (_, change, message) => {
    const made = await logged();
    const changed = checkpointActions(change(await made.table.snapshotAt(2)), Date.now());
    await writeFile(join(made.folder, checkpointName(2)), await PARQUET_CHECKPOINTS.encode(changed));
    const findings = await verify(made.table);
    expect(findings[0]).toMatchObject({
      severity: 'damage',
      file: checkpointName(2),
      message: expect.stringMatching(message),
    });
  });

  it('finds a checkpoint that forgot a transaction', async () => {
    const made = await parquetTable(await temporaryFolder(), { id: 'long' });
    await made.table.commit({ operation: 'WRITE', reads: 'nothing', txn: { appId: 'app', version: 3 } });
    const actions = checkpointActions({ ...made.table.snapshot, txns: new Map() }, Date.now());
    await writeFile(join(made.folder, checkpointName(1)), await PARQUET_CHECKPOINTS.encode(actions));
    expect(await verify(made.table)).toMatchObject([{ message: expect.stringContaining('`app`') }]);
  });

  it('goes on from the first checkpoint where the log before it was cleaned up', async () => {
    const made = await logged();
    await writeCheckpoint(made.table, { nowMs: Date.now(), force: true });
    for (const version of [0, 1]) await rm(join(made.folder, commitName(version)));
    expect(await verify(await reopened(made))).toEqual([]);
    const bytes = await readFile(join(made.folder, checkpointName(2)));
    await writeFile(join(made.folder, checkpointName(4)), bytes);
    expect(await verify(made.table)).toMatchObject([
      { file: checkpointName(4), message: expect.stringContaining('lacks 2 files') },
    ]);
  });
});

function reopened({ folder }: ParquetTable): Promise<DeltaTable> {
  return DeltaTable.open(new LocalStore(folder), { checkpoints: PARQUET_CHECKPOINTS });
}
