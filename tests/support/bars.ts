/** Bars for tests: series in memory, rows in a lake, and tables read back. */
import { BarSeries } from '../../src/derive/bars/bar-series.ts';
import { DeriveSession } from '../../src/derive/input/derive-session.ts';
import { selectOf } from '../../src/derive/input/input-table.ts';
import { openInput } from '../../src/derive/input/lake-tables.ts';
import { TableBatch } from '../../src/ingest/rows/table-batch.ts';
import { appendBatch } from '../../src/ingest/write/append-batch.ts';
import { openLakeTable } from '../../src/lake/open-lake-table.ts';
import { BAR_CORRECTIONS_TABLE } from '../../src/lake/tables/bar-corrections.ts';
import { BARS_1M_TABLE } from '../../src/lake/tables/bars-1m.ts';
import { COVERAGE_TABLE } from '../../src/lake/tables/coverage.ts';
import { LIQUIDATION_TABLE } from '../../src/lake/tables/liquidation.ts';
import { lengthUsOf, MINUTE_US, type Timeframe } from '../../src/lake/timeframe.ts';

export interface TestBar {
  readonly open_time: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly quote_volume: number;
  readonly trade_count: number;
  readonly taker_buy_volume: number;
  readonly taker_buy_quote_volume: number;
  readonly known_at: number;
  readonly completeness?: string;
  readonly symbol?: string;
  readonly revision?: number;
}

export const T0_US = Date.parse('2026-08-01T00:00:00Z') * 1000;

/** The same numbers for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
}

/** A random walk on ticks of a cent. */
export function walk(
  count: number,
  { seed = 1, fromUs = T0_US, symbol = 'BTCUSDT' }: { seed?: number; fromUs?: number; symbol?: string } = {},
): TestBar[] {
  const random = seededRandom(seed);
  const cents = (value: number) => Math.round(value * 100) / 100;
  let price = 100;
  return Array.from({ length: count }, (_, index) => {
    const open = price;
    const close = cents(open * (1 + 0.01 * (random() - 0.5)));
    price = close;
    const volume = Math.round(random() * 1e5) / 1e3;
    const open_time = fromUs + index * MINUTE_US;
    return {
      open_time,
      open,
      high: cents(Math.max(open, close) * (1 + 0.002 * random())),
      low: cents(Math.min(open, close) * (1 - 0.002 * random())),
      close,
      volume,
      quote_volume: Math.round(volume * close * 1e5) / 1e5,
      trade_count: Math.floor(random() * 50),
      taker_buy_volume: Math.round((volume / 3) * 1e3) / 1e3,
      taker_buy_quote_volume: Math.round(((volume * close) / 3) * 1e5) / 1e5,
      known_at: open_time + MINUTE_US + 100,
      symbol,
    };
  });
}

export function seriesOf(bars: readonly TestBar[], timeframe: Timeframe = '1m'): BarSeries {
  const series = new BarSeries(timeframe);
  series.reserve(bars.length);
  for (const bar of bars) {
    const at = series.length++;
    for (const name of Object.keys(series.columns) as (keyof typeof series.columns)[])
      series.columns[name][at] = (bar as unknown as Record<string, number>)[name] ?? Number.NaN;
    series.completeness[at] = ['proven', 'counted', 'quiet', 'partial'].indexOf(bar.completeness ?? 'proven');
  }
  return series;
}

let commits = 0;

export async function storeBars(
  lake: string,
  bars: readonly TestBar[],
  table: typeof BARS_1M_TABLE | typeof BAR_CORRECTIONS_TABLE = BARS_1M_TABLE,
): Promise<void> {
  const batch = new TableBatch(table);
  for (const { symbol = 'BTCUSDT', completeness = 'proven', ...bar } of bars) {
    batch.add(bar.open_time, {
      venue: 'binance',
      market: 'spot',
      symbol,
      timeframe: '1m',
      close_time: bar.open_time + lengthUsOf('1m'),
      first_trade_id: null,
      last_trade_id: null,
      origin: 'stream',
      completeness,
      event_time: bar.open_time + MINUTE_US,
      connection: 'a',
      ...bar,
    } as never);
  }
  const delta = await openLakeTable(lake, table);
  await appendBatch(delta, batch as never, { appId: 'test', version: ++commits });
}

export const correctBars = (lake: string, bars: readonly TestBar[]) =>
  storeBars(lake, bars, BAR_CORRECTIONS_TABLE);

/** The rows of a query over one table, which it calls `t`; numbers as they are, times in microseconds. */
export async function tableRows(
  lake: string,
  table: string,
  sql: string,
): Promise<Record<string, unknown>[]> {
  const session = await DeriveSession.open(256 * 2 ** 20);
  try {
    const input = await openInput(lake, table);
    if (input === undefined) return [];
    const files = [...input.snapshot.files.values()];
    const rows = await session.connection.runAndReadAll(
      `WITH t AS (${await selectOf(session.connection, input, files)}) ${sql}`,
    );
    return rows.getRowObjectsJson() as Record<string, unknown>[];
  } finally {
    await session.close();
  }
}

/** Everything in a table but from which versions it was made. */
export function contents(lake: string, table: string): Promise<Record<string, unknown>[]> {
  const exclude = table === 'bars_rollup' ? '' : 'EXCLUDE (inputs_version)';
  return tableRows(lake, table, `SELECT * ${exclude} FROM t ORDER BY timeframe, symbol, open_time`);
}

export interface ListenedSpan {
  readonly source: 'bars' | 'liquidation';
  /** Microseconds since the epoch. */
  readonly fromUs: number;
  readonly untilUs: number;
  readonly state?: 'listening' | 'unproven';
}

/** Rows of `coverage`: bars of spot, liquidations of its futures. */
export async function storeListening(lake: string, spans: readonly ListenedSpan[]): Promise<void> {
  const batch = new TableBatch(COVERAGE_TABLE);
  for (const { source, fromUs, untilUs, state = 'listening' } of spans)
    batch.add(fromUs, {
      venue: 'binance',
      market: source === 'bars' ? 'spot' : 'usdm',
      source,
      stream: source,
      connection: state === 'unproven' ? '' : 'a',
      state,
      started_at: fromUs,
      ended_at: untilUs,
      frames: 1,
      end_reason: 'segment',
    } as never);
  await appendBatch(await openLakeTable(lake, COVERAGE_TABLE), batch, {
    appId: 'test',
    version: ++commits,
  });
}

/** A long that was closed for 1000 USDT. */
export async function storeLiquidation(lake: string, timeUs: number, symbol = 'BTCUSDT'): Promise<void> {
  const batch = new TableBatch(LIQUIDATION_TABLE);
  batch.add(timeUs, {
    venue: 'binance',
    market: 'usdm',
    symbol,
    side: 'SELL',
    notional: 1000,
    trade_time: timeUs,
    received_at: timeUs + 1000,
  } as never);
  await appendBatch(await openLakeTable(lake, LIQUIDATION_TABLE), batch, {
    appId: 'test',
    version: ++commits,
  });
}
