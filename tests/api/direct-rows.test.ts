/** What is read straight out of row groups is what SQL answers, and what it cannot tell is left to SQL. */
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { TableBatch } from '../../src/ingest/rows/table-batch.ts';
import { appendBatch } from '../../src/ingest/write/append-batch.ts';
import { openLakeTable } from '../../src/lake/open-lake-table.ts';
import { BARS_1M_TABLE } from '../../src/lake/tables/bars-1m.ts';
import { jsonRowsOf } from '../../src/output/json-rows.ts';
import { type BarQuestion, barTables, listBars } from '../../src/questions/bar-lists.ts';
import { LakeReader } from '../../src/questions/lake-reader.ts';
import type { Page } from '../../src/questions/list-answer.ts';
import { correctBars, storeBars, T0_US, walk } from '../support/bars.ts';
import { parquetTable } from '../support/parquet-table.ts';
import { temporaryFolder } from '../support/program.ts';
import { START, servedLake } from '../support/served-lake.ts';

const MINUTE_US = 60e6;
const ANY: BarQuestion = {
  kind: 'bars',
  symbol: 'BTCUSDT',
  timeframe: '1m',
  known: 'corrected',
  fill: 'none',
  fromUs: undefined,
  toUs: undefined,
};

/** Asks both ways. */
async function twoWays(lake: string) {
  const open = async () => {
    const reader = await LakeReader.open({ lake, memoryBytes: 2 ** 28 });
    onTestFinished(() => reader.close());
    vi.spyOn(reader.recent, 'rows').mockResolvedValue(undefined);
    return reader;
  };
  const [direct, sql] = [await open(), await open()];
  vi.spyOn(sql.direct, 'rows').mockResolvedValue(undefined);
  const ask = async (reader: LakeReader, question: BarQuestion, page: Partial<Page>) => {
    const pinned = await reader.pin(barTables(question).map(({ name }) => name));
    const whole = { limit: 100, position: undefined, signal: AbortSignal.timeout(60_000), ...page };
    const { rows, ...rest } = await listBars(pinned, question, whole);
    const json = rows.json ? Buffer.concat(rows.json()).toString() : jsonRowsOf(rows);
    const answer = {
      json,
      byCells: jsonRowsOf(rows),
      names: rows.names,
      types: rows.types.map(String),
      rest,
    };
    return { answer, isDirect: rows.json !== undefined };
  };
  /** @returns whether the rows came without SQL. */
  return async (question: Partial<BarQuestion>, page: Partial<Page> = {}): Promise<boolean> => {
    const wanted = { ...ANY, ...question };
    const [ours, theirs] = [await ask(direct, wanted, page), await ask(sql, wanted, page)];
    expect(theirs.isDirect).toBe(false);
    expect(ours.answer).toEqual(theirs.answer);
    return ours.isDirect;
  };
}

const span = (fromMinute: number, toMinute: number) => ({
  fromUs: BigInt(T0_US + fromMinute * MINUTE_US),
  toUs: BigInt(T0_US + toMinute * MINUTE_US),
});

const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'BTC', '币安人生USDT'];
const double = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, 0.1, 1e-300, 1.7976931348623157e308, 5e-324, null),
);
const long = fc.oneof(
  fc.integer(),
  fc.constantFrom(Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 0, null),
);
const text = fc.constantFrom('stream', 'rest', '', 'ü', '"\\\n', null);
const bar = fc.record({
  symbol: fc.constantFrom(...SYMBOLS),
  market: fc.constantFrom('spot', 'usdm'),
  minute: fc.oneof(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1400, max: 1500 })),
  open: double,
  close: double,
  volume: double,
  trade_count: long,
  first_trade_id: long,
  origin: text,
  connection: text,
  event: fc.option(fc.integer({ min: -1e9, max: 1e9 })),
});
const files = fc.array(fc.array(bar, { minLength: 1, maxLength: 60 }), { minLength: 1, maxLength: 3 });

/** Behind all spans: which series there are is looked up in the newest day. */
const LAST_MINUTE = 1501;

/** Each minute of a series once, in an order that no upkeep made. */
async function storeRandom(lake: string, contents: readonly (readonly Bar[])[]): Promise<void> {
  const known = new Set<string>();
  const last = SYMBOLS.flatMap((symbol) =>
    ['spot', 'usdm'].map((market) => ({ symbol, market, minute: LAST_MINUTE, event: null })),
  );
  for (const [version, rows] of [...contents, last].entries()) {
    const batch = new TableBatch(BARS_1M_TABLE);
    for (const { minute, event, ...cells } of rows) {
      const key = `${cells.market}|${cells.symbol}|${minute}`;
      if (known.has(key)) continue;
      known.add(key);
      const open_time = T0_US + minute * MINUTE_US;
      batch.add(open_time, {
        ...EMPTY,
        ...cells,
        open_time,
        close_time: open_time + MINUTE_US,
        event_time: event === null ? null : open_time + event,
      } as never);
    }
    await appendBatch(await openLakeTable(lake, BARS_1M_TABLE), batch, {
      appId: 'test',
      version: version + 1,
    });
  }
}

type Bar = typeof bar extends fc.Arbitrary<infer T> ? T : never;
const EMPTY_SERIES = { symbol: 'BTCUSDT', market: 'spot' };
const EMPTY = {
  ...Object.fromEntries(Object.keys(BARS_1M_TABLE.columns).map((name) => [name, null])),
  venue: 'binance',
  timeframe: '1m',
  known_at: T0_US,
};

it('rows of any values, files and spans are those of SQL', async () => {
  let direct = 0;
  await fc.assert(
    fc.asyncProperty(
      files,
      fc.array(fc.tuple(fc.nat(1500), fc.nat(1500), fc.constantFrom(3, 100)), { minLength: 3, maxLength: 3 }),
      async (contents, spans) => {
        const lake = await temporaryFolder();
        await storeRandom(lake, contents);
        const bothWays = await twoWays(lake);
        const [[{ symbol, market } = EMPTY_SERIES] = []] = contents;
        for (const [from, to, limit] of spans)
          if (await bothWays({ symbol: `${market}:${symbol}`, ...span(from, to) }, { limit })) direct++;
        if (await bothWays({ symbol: `${market}:${symbol}`, fromUs: BigInt(T0_US) }, { limit: 5 })) direct++;
        if (await bothWays({ symbol: `${market}:${symbol}`, toUs: span(0, 1500).toUs }, { limit: 5 }))
          direct++;
      },
    ),
    { numRuns: 8 },
  );
  expect(direct).toBe(8 * 5);
}, 120_000);

it('many row groups, and files of several days, are read where the rows are', async () => {
  const lake = await temporaryFolder();
  const symbols = Array.from({ length: 30 }, (_, index) => `S${index}USDT`);
  const bars = symbols.flatMap((symbol, seed) => walk(2880, { seed: seed + 1, symbol }));
  await storeBars(lake, bars);
  const bothWays = await twoWays(lake);
  for (const symbol of ['S0USDT', 'S14USDT', 'S9USDT']) {
    expect(await bothWays({ symbol, ...span(0, 2880) }, { limit: 3000 })).toBe(true);
    expect(await bothWays({ symbol, ...span(1439, 1441) })).toBe(true);
    expect(await bothWays({ symbol, ...span(100, 2000) }, { limit: 50 })).toBe(true);
    expect(await bothWays({ symbol }, { limit: 700 })).toBe(true);
  }
}, 60_000);

it('longer bars and indicators are read so, too', async () => {
  const lake = await temporaryFolder();
  await servedLake(lake);
  const bothWays = await twoWays(lake);
  const around = { fromUs: BigInt(START - 60_000) * 1000n, toUs: BigInt(START + 50 * 3_600_000) * 1000n };
  expect(await bothWays({ timeframe: '1h', ...around })).toBe(true);
  expect(await bothWays({ kind: 'indicators', ...around })).toBe(true);
}, 60_000);

describe('left to SQL are', () => {
  it('spans with a corrected bar, and only those', async () => {
    const lake = await temporaryFolder();
    const bars = walk(120);
    await storeBars(lake, bars);
    await correctBars(
      lake,
      bars.slice(50, 51).map((one) => ({ ...one, close: 555.5, revision: 1 })),
    );
    const bothWays = await twoWays(lake);
    expect(await bothWays(span(40, 60))).toBe(false);
    expect(await bothWays(span(51, 60))).toBe(true);
    expect(await bothWays({ ...span(40, 60), known: 'first' })).toBe(true);
  });

  it('two rows of one minute, and what a number does not tell', async () => {
    for (const odd of [
      {},
      { close: Number.NaN },
      { trade_count: 2 ** 60 },
      { timeframe: '5m' },
      { market: null },
    ]) {
      const lake = await temporaryFolder();
      const bars = walk(30);
      await storeBars(lake, bars.slice(0, 11));
      await storeBars(lake, [{ ...bars[Object.keys(odd).length === 0 ? 10 : 11], ...odd } as never]);
      const bothWays = await twoWays(lake);
      expect(await bothWays(span(0, 30)), JSON.stringify(odd)).toBe(false);
      expect(await bothWays(span(0, 10))).toBe(true);
    }
  }, 60_000);

  it('tables that lack a column', async () => {
    const { connection, ...older } = BARS_1M_TABLE.columns;
    expect(connection).toBe('string');
    const lake = await temporaryFolder();
    const table = await parquetTable(join(lake, 'bars_1m'), older, {}, ['date']);
    const select = `SELECT 'binance' AS venue, 'spot' AS market, 'BTCUSDT' AS symbol, '1m' AS timeframe, make_timestamptz(${T0_US} + i * 60000000) AS open_time,
      make_timestamptz(${T0_US} + (i + 1) * 60000000) AS close_time, ${Object.entries(older)
        .slice(6, -1)
        .map(
          ([name, type]) =>
            `NULL::${{ long: 'BIGINT', string: 'VARCHAR', timestamp: 'TIMESTAMPTZ' }[type as string] ?? 'DOUBLE'} AS ${name}`,
        )
        .join(', ')} FROM range(60) r(i)`;
    await table.add(select, { partitionValues: { date: '2026-08-01' } });
    expect(await (await twoWays(lake))(span(0, 60))).toBe(false);
  });

  it('a file of which rows are deleted', async () => {
    const lake = await temporaryFolder();
    await storeBars(lake, walk(60));
    const reader = await LakeReader.open({ lake, memoryBytes: 2 ** 28 });
    onTestFinished(() => reader.close());
    const pinned = await reader.pin(['bars_1m']);
    const [add] = pinned.filesFor('bars_1m', { kind: 'unknown' });
    const deletionVector = {
      storageType: 'u',
      pathOrInlineDv: 'x',
      offset: 1,
      sizeInBytes: 1,
      cardinality: 1n,
    };
    const source = {
      table: BARS_1M_TABLE,
      series: { venue: 'binance', market: 'spot', symbol: 'BTCUSDT' },
      filters: {},
      stepUs: BigInt(MINUTE_US),
    };
    const question = {
      source,
      span: span(0, 60),
      predicate: () => ({ kind: 'unknown' }) as const,
      count: 60,
      isBackward: false,
      signal: AbortSignal.timeout(60_000),
    };
    const lakeOf = (one: object) => ({
      table: () => pinned.table('bars_1m'),
      filesFor: () => [one as never],
    });
    expect((await reader.direct.rows(lakeOf(add ?? {}), question))?.rowCount).toBe(60);
    expect(await reader.direct.rows(lakeOf({ ...add, deletionVector }), question)).toBeUndefined();
  });
});
