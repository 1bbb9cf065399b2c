import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { readHistory } from '../../../src/delta/log/history.ts';
import { appendBatch } from '../../../src/ingest/write/append-batch.ts';
import { openLakeTable } from '../../../src/lake/open-lake-table.ts';
import { LIQUIDATION_TABLE } from '../../../src/lake/tables/liquidation.ts';
import { batchesOf, frameAt, orderText, T0_MS, T0_US } from '../../support/segment.ts';

const DAY_MS = 86_400_000;
const SCHEMA = Object.entries(LIQUIDATION_TABLE.columns).map(([name, type]) => ({
  name,
  type: type as string,
  nullable: true,
  metadata: {},
}));

async function makeLake(): Promise<string> {
  const lake = await mkdtemp(join(tmpdir(), 'crypto-lake-writers-'));
  onTestFinished(() => rm(lake, { recursive: true, force: true }));
  return lake;
}

const open = (lake: string) => openLakeTable(lake, LIQUIDATION_TABLE);
const orders = (...changes: object[]) =>
  batchesOf(changes.map((change, i) => frameAt(i, orderText(change)))).liquidation;
const twoDays = () => orders({}, { T: T0_MS - DAY_MS, s: '币安人生USDT' }, { q: '3' });

/** What the newest commit did to the table, made by another program. */
async function commitAsOther(lake: string, version: number, change: object): Promise<void> {
  const log = join(lake, 'liquidation', '_delta_log');
  await mkdir(log, { recursive: true });
  const metaData = {
    id: '00000000-0000-4000-8000-000000000000',
    format: { provider: 'parquet', options: {} },
    schemaString: JSON.stringify({ type: 'struct', fields: SCHEMA }),
    partitionColumns: ['date'],
    configuration: {},
    createdTime: 1,
    ...change,
  };
  const actions = [
    ...(version === 0 ? [{ protocol: { minReaderVersion: 1, minWriterVersion: 2 } }] : []),
    { metaData },
  ];
  await writeFile(
    join(log, `${String(version).padStart(20, '0')}.json`),
    actions.map((a) => JSON.stringify(a)).join('\n'),
  );
}
const schemaOf = (fields: object[]) => ({ schemaString: JSON.stringify({ type: 'struct', fields }) });
const EXTRA = { name: 'note', type: 'string', nullable: true, metadata: {} };

describe('a batch', () => {
  it('stages its files once, however often others win the race', async () => {
    const lake = await makeLake();
    const [ours, other] = [await open(lake), await open(lake)];
    const { store } = ours;
    const putFile = vi.spyOn(store, 'putFile');
    const put = store.putIfAbsent.bind(store);
    let version = 0;
    store.putIfAbsent = async (name, bytes) => {
      if (version < 5) await appendBatch(other, orders({}), { appId: 'other', version: ++version });
      return put(name, bytes);
    };
    expect(await appendBatch(ours, twoDays(), { appId: 'a', version: 1 })).toBe(3);
    expect([ours.version, putFile.mock.calls.length]).toEqual([6, 2]);
    const stored = (await store.list('', { recursive: true })).filter(({ name }) =>
      name.endsWith('.parquet'),
    );
    expect(stored.map(({ name }) => name)).toEqual([...ours.snapshot.files.keys()].sort());
  });

  it('becomes one commit with a file a day, readable as it was', async () => {
    const lake = await makeLake();
    const table = await open(lake);
    expect(await appendBatch(table, twoDays(), { appId: 'a', version: 7 })).toBe(3);
    expect(table.version).toBe(1);
    expect(table.txnVersion('a')).toBe(7);
    const adds = [...table.snapshot.files.values()];
    expect(adds.map(({ partitionValues }) => partitionValues.date).sort()).toEqual([
      '2026-10-07',
      '2026-10-08',
    ]);
    for (const add of adds) {
      expect(add.path).toMatch(/^date=2026-10-0[78]\/part-00000-[0-9a-f-]{36}-c000\.zstd\.parquet$/);
      const { byteLength } = await readFile(join(lake, 'liquidation', add.path));
      expect(Number(add.size)).toBe(byteLength);
    }
    const paths = adds.map(({ path }) => `'${join(lake, 'liquidation', path)}'`);
    const instance = await DuckDBInstance.create();
    const connection = await instance.connect();
    const read = await connection.runAndReadAll(
      `SELECT symbol, quantity, epoch_ms(trade_time)::DOUBLE AS ms FROM read_parquet([${paths}], hive_partitioning = false) ORDER BY ALL`,
    );
    expect(read.getRowObjectsJS()).toEqual([
      { symbol: 'XRPUSDT', quantity: 3, ms: T0_MS },
      { symbol: 'XRPUSDT', quantity: 15.4, ms: T0_MS },
      { symbol: '币安人生USDT', quantity: 15.4, ms: T0_MS - DAY_MS },
    ]);
    const codec = await connection.runAndReadAll(
      `SELECT DISTINCT compression FROM parquet_metadata(${paths[0]})`,
    );
    expect(codec.getRowObjectsJS()).toEqual([{ compression: 'ZSTD' }]);
    connection.closeSync();
    instance.closeSync();
  });

  it.each([
    ['delta.dataSkippingNumIndexedCols', '3', ['venue', 'market', 'symbol']],
    ['delta.dataSkippingStatsColumns', 'received_at,symbol', ['symbol', 'received_at']],
  ])('has statistics of the columns that the table wants by `%s`', async (property, value, columns) => {
    const lake = await makeLake();
    await commitAsOther(lake, 0, { configuration: { [property]: value } });
    const table = await open(lake);
    await appendBatch(table, orders({}), { appId: 'a', version: 1 });
    const [add] = table.snapshot.files.values();
    const stats = JSON.parse(add?.stats ?? '');
    expect(stats.numRecords).toBe(1);
    for (const part of [stats.minValues, stats.maxValues, stats.nullCount])
      expect(Object.keys(part)).toEqual(columns);
  });

  it('of a segment that the table has already adds nothing and writes no file', async () => {
    const lake = await makeLake();
    await appendBatch(await open(lake), twoDays(), { appId: 'a', version: 7 });
    const again = await open(lake);
    for (const version of [6, 7])
      expect(await appendBatch(again, twoDays(), { appId: 'a', version })).toBe(0);
    expect(again.version).toBe(1);
    expect(await readdir(join(lake, 'liquidation', 'date=2026-10-08'))).toHaveLength(1);
    expect(await appendBatch(again, twoDays(), { appId: 'b', version: 7 })).toBe(3);
  });

  it('that another handle stored meanwhile is not stored twice', async () => {
    const lake = await makeLake();
    const [one, two] = [await open(lake), await open(lake)];
    await appendBatch(one, twoDays(), { appId: 'a', version: 1 });
    expect(await appendBatch(two, twoDays(), { appId: 'a', version: 1 })).toBe(0);
    expect(two.snapshot.files.size).toBe(2);
  });

  it('without rows is no commit', async () => {
    const lake = await makeLake();
    const table = await open(lake);
    expect(await appendBatch(table, orders(), { appId: 'a', version: 1 })).toBe(0);
    expect(table.version).toBe(0);
  });

  it('goes in beside columns that others add meanwhile', async () => {
    const lake = await makeLake();
    const table = await open(lake);
    await commitAsOther(lake, 1, schemaOf([...SCHEMA, EXTRA]));
    expect(await appendBatch(table, twoDays(), { appId: 'a', version: 1 })).toBe(3);
    expect(table.version).toBe(2);
  });

  it('goes into a table that was brought back to fewer columns meanwhile, and adds them again', async () => {
    const lake = await makeLake();
    const table = await open(lake);
    await commitAsOther(lake, 1, schemaOf(SCHEMA.filter(({ name }) => name !== 'notional')));
    expect(await appendBatch(table, twoDays(), { appId: 'a', version: 1 })).toBe(3);
    expect(table.snapshot.schema.fields.at(-1)).toEqual({ ...EXTRA, name: 'notional', type: 'double' });
    const [write, add] = await readHistory(table.store, 2);
    expect([add?.info.operation, write?.info.operation]).toEqual(['ADD COLUMNS', 'WRITE']);
  });

  it('does not go into a table whose column became another meanwhile', async () => {
    const lake = await makeLake();
    const table = await open(lake);
    const other = SCHEMA.map((field) => (field.name === 'price' ? { ...field, type: 'string' } : field));
    await commitAsOther(lake, 1, schemaOf(other));
    await expect(appendBatch(table, twoDays(), { appId: 'a', version: 1 })).rejects.toMatchObject({
      code: 'TABLE_SCHEMA',
      message: expect.stringContaining('`price`'),
    });
    expect(table.version).toBe(1);
  });
});

describe('a table that is there already', () => {
  it.each([
    ['lacks a column', schemaOf(SCHEMA.filter(({ name }) => name !== 'symbol')), /no column `symbol`/],
    [
      'has a column of another type',
      schemaOf(SCHEMA.map((field) => (field.name === 'price' ? { ...field, type: 'string' } : field))),
      /`price` as "string", not double/,
    ],
    [
      'is partitioned in another way',
      { partitionColumns: ['symbol'] },
      /partitioned by \(symbol\), not by \(date\)/,
    ],
    ['is not partitioned', { partitionColumns: [] }, /partitioned by \(\)/],
    [
      'demands what we do not have',
      schemaOf([...SCHEMA, { ...EXTRA, nullable: false }]),
      /demands a value for `note`/,
    ],
  ])('is refused when it %s', async (_, change, message) => {
    const lake = await makeLake();
    await commitAsOther(lake, 0, change);
    await expect(open(lake)).rejects.toMatchObject({
      code: 'TABLE_SCHEMA',
      message: expect.stringMatching(message),
    });
  });

  it('of an older version of the program gets the columns that it lacks, and keeps those of others', async () => {
    const lake = await makeLake();
    const older = SCHEMA.filter(({ name }) => name !== 'contract_size' && name !== 'notional');
    await commitAsOther(lake, 0, schemaOf([...older, EXTRA]));
    const table = await open(lake);
    expect(table.version).toBe(1);
    expect(table.snapshot.schema.fields.map(({ name }) => name)).toEqual([
      ...[...older, EXTRA].map(({ name }) => name),
      'contract_size',
      'notional',
    ]);
    expect(await appendBatch(table, orders({}), { appId: 'a', version: 1 })).toBe(1);
    expect((await open(lake)).version).toBe(2);
  });

  it('is taken when others only added a column', async () => {
    const lake = await makeLake();
    await commitAsOther(lake, 0, schemaOf([...SCHEMA, EXTRA]));
    expect(await appendBatch(await open(lake), orders({}), { appId: 'a', version: 1 })).toBe(1);
  });
});

it('statistics of a stored file bound what is in it', async () => {
  const lake = await makeLake();
  const table = await open(lake);
  await appendBatch(table, orders({}, { p: '2.5', s: '币安人生USDT' }), { appId: 'a', version: 1 });
  const [add] = table.snapshot.files.values();
  expect(JSON.parse(add?.stats ?? '')).toMatchObject({
    numRecords: 2,
    minValues: { symbol: 'XRPUSDT', price: 1.4111, received_at: new Date(T0_US / 1000).toISOString() },
    maxValues: { symbol: '币安人生USDT', price: 2.5, trade_time: new Date(T0_MS).toISOString() },
    nullCount: { contract_size: 2, symbol: 0 },
  });
});
