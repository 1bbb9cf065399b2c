import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pl from 'nodejs-polars';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { DeltaTable } from '../../../src/delta/delta-table.ts';
import type { AddFile } from '../../../src/delta/log/actions.ts';
import { receivedAtRange } from '../../../src/ingest/dedup/received-at-range.ts';
import { recentKeys } from '../../../src/ingest/dedup/recent-keys.ts';
import { windowFromTable } from '../../../src/ingest/dedup/table-window.ts';
import { appendBatch } from '../../../src/ingest/write/append-batch.ts';
import { openLakeTable } from '../../../src/lake/open-lake-table.ts';
import { LIQUIDATION_TABLE } from '../../../src/lake/tables/liquidation.ts';
import { LIQUIDATION_DEDUP } from '../../../src/sources/liquidation.ts';
import { batchesOf, frameAt, orderText, T0_MS, T0_US } from '../../support/segment.ts';

const MINUTE_US = 60_000_000;
const WINDOW_MS = 600_000;
const NOW_MS = T0_MS + 3_600_000;

async function makeTable(): Promise<DeltaTable> {
  const lake = await mkdtemp(join(tmpdir(), 'crypto-lake-keys-'));
  onTestFinished(() => rm(lake, { recursive: true, force: true }));
  return openLakeTable(lake, LIQUIDATION_TABLE);
}

/** Appends as another program would: its own file, no statistics unless given. */
async function appendForeign(
  table: DeltaTable,
  frame: pl.DataFrame,
  name: string,
  add: Partial<AddFile> = {},
) {
  const path = `date=2026-10-08/${name}.parquet`;
  await mkdir(dirname(table.store.enginePath(path)), { recursive: true });
  frame.writeParquet(table.store.enginePath(path));
  const file = {
    path,
    partitionValues: { date: '2026-10-08' },
    size: 1,
    modificationTime: 1,
    dataChange: true,
    ...add,
  };
  await table.commit({ operation: 'WRITE', adds: [file], reads: 'nothing' });
}

/** A row as another engine keeps it, received `afterUs` after the beginning. */
function foreignFrame(
  afterUs: number,
  time: (name: string, us: number) => pl.Series,
  names: readonly string[],
) {
  const cells: Record<string, pl.Series> = {
    market: pl.Series('market', ['usdm'], pl.Utf8),
    symbol: pl.Series('symbol', ['XRPUSDT'], pl.Utf8),
    side: pl.Series('side', ['BUY'], pl.Utf8),
    quantity: pl.Series('quantity', [15.4], pl.Float64),
    price: pl.Series('price', [1.4111], pl.Float64),
    average_price: pl.Series('average_price', [1.4043], pl.Float64),
    filled_quantity: pl.Series('filled_quantity', [15.4], pl.Float64),
    trade_time: time('trade_time', T0_US),
    received_at: time('received_at', T0_US + afterUs),
  };
  return pl.DataFrame(names.map((name) => cells[name] ?? pl.Series(name, [null], pl.Utf8)));
}
const ALL = [
  'market',
  'symbol',
  'side',
  'quantity',
  'price',
  'average_price',
  'filled_quantity',
  'trade_time',
  'received_at',
];
const inMicros = (name: string, us: number) => pl.Series(name, [us], pl.Int64).cast(pl.Datetime('us', 'UTC'));
const inNanos = (name: string, us: number) => inMicros(name, us).cast(pl.Datetime('ns'));

const optionsOf = (table: DeltaTable, nowMs = NOW_MS) => ({
  table,
  dedup: LIQUIDATION_DEDUP,
  venue: 'binance',
  windowMs: WINDOW_MS,
  nowMs,
});

/** As it is after a restart. */
const windowOf = async (table: DeltaTable, nowMs = NOW_MS) =>
  (await windowFromTable(optionsOf(table, nowMs))).window;

describe('the keys of the newest rows', () => {
  it('are those that the frames had, so that a restart stores nothing twice', async () => {
    const table = await makeTable();
    const records = [
      frameAt(0, orderText()),
      frameAt(1, orderText({ s: '币安人生USDT', ap: undefined })),
      frameAt(2, orderText({ s: 'BTCUSD_PERP', st: 2, T: T0_MS - 5 * 3_600_000 })),
    ];
    const stored = batchesOf(records);
    await appendBatch(table, stored.liquidation, { appId: 'a', version: 1 });
    const window = await windowOf(table);
    expect(window.size).toBe(3);
    expect(batchesOf(records, { window })).toMatchObject({ duplicates: 3, liquidation: { rowCount: 0 } });
  });

  it('are no older than the window, and older files are not opened', async () => {
    const table = await makeTable();
    for (const [version, minute] of [0, 8, 20, 25].entries()) {
      const batch = batchesOf([frameAt(minute * MINUTE_US, orderText({ q: String(minute + 1) }))]);
      await appendBatch(table, batch.liquidation, { appId: 'a', version: version + 1 });
    }
    const oldest = [...table.snapshot.files.values()][0];
    await rm(table.store.enginePath(oldest?.path ?? ''));
    const keys = await recentKeys(optionsOf(table));
    expect(keys.map(({ receivedAtUs }) => (receivedAtUs - T0_US) / MINUTE_US)).toEqual([20, 25]);
  });

  it('are those of the last minutes also when a clock that was ahead has dated one far later', async () => {
    const table = await makeTable();
    const orders = [orderText(), orderText({ q: '2' }), orderText({ q: '3' })];
    const ahead = [0, 1, 600 * MINUTE_US];
    for (const [version, text] of orders.entries())
      await appendBatch(table, batchesOf([frameAt(ahead[version] ?? 0, text)]).liquidation, {
        appId: 'a',
        version: version + 1,
      });
    const window = await windowOf(table, T0_MS + 60_000);
    expect(
      batchesOf(
        orders.map((text) => frameAt(2, text)),
        { window },
      ).duplicates,
    ).toBe(3);
  });

  it('come oldest first, whatever the order of the files', async () => {
    const table = await makeTable();
    for (const [version, afterUs] of [5, 1, 3].entries()) {
      const batch = batchesOf([frameAt(afterUs, orderText({ q: String(afterUs) }))]);
      await appendBatch(table, batch.liquidation, { appId: 'a', version: version + 1 });
    }
    expect((await recentKeys(optionsOf(table))).map(({ receivedAtUs }) => receivedAtUs - T0_US)).toEqual([
      1, 3, 5,
    ]);
  });

  it.each([
    ['as it is', inMicros],
    ['in nanoseconds without a zone', inNanos],
  ])('are found in a file of another engine that keeps time %s', async (_, time) => {
    const table = await makeTable();
    await appendForeign(table, foreignFrame(1, time, ALL), 'foreign');
    expect(batchesOf([frameAt(2, orderText())], { window: await windowOf(table) }).duplicates).toBe(1);
  });

  it('are not looked for outside of the table', async () => {
    const table = await makeTable();
    const outside = { path: 'file:///nowhere/else.parquet' };
    await appendForeign(table, foreignFrame(1, inMicros, ALL), 'foreign', outside);
    expect(await recentKeys(optionsOf(table))).toEqual([]);
  });

  it('are read beside files that lack columns', async () => {
    const table = await makeTable();
    const withoutAverage = ALL.filter((name) => name !== 'average_price');
    await appendForeign(table, foreignFrame(1, inMicros, withoutAverage), 'no-average');
    await appendForeign(table, foreignFrame(1, inMicros, ['symbol']), 'no-times');
    await appendForeign(table, foreignFrame(1, inMicros, ['trade_time', 'received_at']), 'no-symbol');
    const window = await windowOf(table);
    expect(window.size).toBe(1);
    expect(batchesOf([frameAt(2, orderText({ ap: undefined }))], { window }).duplicates).toBe(1);
  });

  it('of an empty table are none', async () => {
    expect(await recentKeys(optionsOf(await makeTable()))).toEqual([]);
  });
});

describe('when the rows of a file were received', () => {
  const add: AddFile = {
    path: 'x',
    partitionValues: { date: '2026-10-08' },
    size: 1,
    modificationTime: 1,
    dataChange: true,
  };
  const hours = (text: string) => Date.parse(text) / 3_600_000;

  it('is taken from its statistics, also with an offset and a cut maximum', () => {
    const stats = JSON.stringify({
      minValues: { received_at: '2026-10-08T00:30:00.000Z' },
      maxValues: { received_at: '2026-10-08T02:00:00.123-08:00' },
    });
    const oldestMs = Date.parse('2026-10-08T00:30:00Z');
    const newestMs = Date.parse('2026-10-08T10:00:00.123Z');
    expect(receivedAtRange({ ...add, stats }, 'received_at')).toEqual({
      earliestMs: oldestMs - 1,
      certainMs: newestMs - 1,
      latestMs: newestMs + 1,
    });
  });

  it.each([undefined, 'no json', 'null', '{}', '{"maxValues":{"received_at":null}}'])(
    'is taken from its partition when the statistics are %s',
    (stats) => {
      const { earliestMs, certainMs, latestMs } = receivedAtRange(
        { ...add, ...(stats === undefined ? {} : { stats }) },
        'received_at',
      );
      expect(earliestMs).toBe(certainMs);
      expect(certainMs / 3_600_000).toBe(hours('2026-10-08T00:00Z') - 26);
      expect(latestMs / 3_600_000).toBe(hours('2026-10-09T00:00Z') + 26);
    },
  );

  it('is not known without either', () => {
    expect(receivedAtRange({ ...add, partitionValues: { date: null } }, 'received_at')).toEqual({
      earliestMs: Number.NEGATIVE_INFINITY,
      certainMs: Number.NEGATIVE_INFINITY,
      latestMs: Number.POSITIVE_INFINITY,
    });
  });
});
