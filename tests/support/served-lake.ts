/** A small lake of every table that the API reads: two days, holes, a correction, names that are wide. */
import { join } from 'node:path';
import { LAKE_TABLES } from '../../src/lake/registry.ts';
import { FEATURE_NAMES } from '../../src/lake/tables/features.ts';
import { duckdbType } from '../../src/query/scan/duckdb-type.ts';
import { parquetTable } from './parquet-table.ts';

export const START = Date.UTC(2026, 10, 20, 6, 0, 0);
/** Minutes of BTCUSDT that have no bar. */
export const HOLE_MINUTES = [100, 101, 102];
export const BAR_COUNT = 300;
export const CORRECTED_MINUTE = 50;

const SYMBOLS = "['BTCUSDT', 'ETHUSDT', '币安人生USDT']";
const AT = "TIMESTAMPTZ '2026-11-20 06:00:00Z'";
const BAR = `'binance' AS venue, 'spot' AS market, ${SYMBOLS}[1 + s] AS symbol, '1m' AS timeframe, ${AT} + INTERVAL (i) MINUTE AS open_time,
  ${AT} + INTERVAL (i + 1) MINUTE AS close_time, 100.0 + i AS open, 101.0 + i AS high, 99.0 + i AS low, 100.5 + i AS close, 10.0 + s AS volume,
  1000.0 AS quote_volume, 7 AS trade_count, 4.0 AS taker_buy_volume, 400.0 AS taker_buy_quote_volume, 7 * i AS first_trade_id, 7 * i + 6 AS last_trade_id,
  'stream' AS origin, 'proven' AS completeness, ${AT} + INTERVAL (i + 1) MINUTE AS event_time, ${AT} + INTERVAL (i + 1) MINUTE AS known_at, 'ws-1' AS connection`;
const DAY = "DATE '2026-11-20' AS date";

const SELECTS: Readonly<Record<string, string>> = {
  prices: `SELECT 'binance' AS venue, 'spot' AS market, ${SYMBOLS}[1 + s] AS symbol, ${AT} + INTERVAL (i) MINUTE AS collected_at, 100.0 + i AS last_price FROM range(60) r(i), range(3) t(s)`,
  bars_1m: `SELECT ${BAR} FROM range(${BAR_COUNT}) r(i), range(3) t(s) WHERE s > 0 OR i NOT IN (${HOLE_MINUTES.join(', ')}) UNION ALL BY NAME
SELECT ${BAR.replace("'spot'", "'usdm'")} FROM range(10) r(i), range(1) t(s)`,
  bar_corrections: `SELECT ${BAR.replace('100.5 + i AS close', '555.5 AS close')}, 1 AS revision FROM range(${CORRECTED_MINUTE}, ${CORRECTED_MINUTE + 1}) r(i), range(1) t(s)`,
  bars_rollup: `SELECT * EXCLUDE (timeframe) REPLACE (open_time + INTERVAL (59 * i) MINUTE AS open_time, open_time + INTERVAL (59 * i + 60) MINUTE AS close_time), 60 AS minutes, 60 AS minutes_expected, 1.0 AS listened_share FROM (SELECT i, ${BAR} FROM range(5) r(i), range(1) t(s))`,
  indicators: `SELECT 'binance' AS venue, 'spot' AS market, 'BTCUSDT' AS symbol, ${AT} + INTERVAL (i) MINUTE AS open_time, ${AT} + INTERVAL (i + 1) MINUTE AS close_time, CASE WHEN i < 19 THEN NULL ELSE 100.0 END AS sma_20, 0 AS holes_in_window, ${AT} AS known_at FROM range(50) r(i)`,
  features: `SELECT 'binance' AS venue, 'spot' AS market, 'BTCUSDT' AS symbol, ${AT} + INTERVAL (5 * i) MINUTE AS open_time, ${AT} + INTERVAL (5 * i + 5) MINUTE AS close_time, ${FEATURE_NAMES.map((name) => `CASE WHEN i > 9 THEN i / 7 END AS ${name}`).join(', ')}, 0 AS holes_in_window, ${AT} AS known_at FROM range(20) r(i)`,
  liquidation: `SELECT 'binance' AS venue, 'usdm' AS market, ${SYMBOLS}[1 + i % 3] AS symbol, CASE WHEN i % 3 = 0 THEN 'BUY' ELSE 'SELL' END AS side, 1.0 AS quantity, 100.0 AS price, 1000.0 AS notional, ${AT} + INTERVAL (i) MINUTE AS trade_time, ${AT} AS received_at FROM range(200) r(i)`,
  coverage: `SELECT 'liquidation' AS source, '!forceOrder@arr' AS stream, 'ws-1' AS connection, 'listening' AS state, started_at, ended_at, 100 AS frames, 0 AS missed, 'closed' AS end_reason
FROM (VALUES (${AT}, ${AT} + INTERVAL 90 MINUTE), (${AT} + INTERVAL 95 MINUTE, ${AT} + INTERVAL 300 MINUTE)) t(started_at, ended_at)`,
  quality: `SELECT 'jump' AS "check", 'warning' AS severity, 'bars_1m' AS row_table, 'binance' AS venue, 'spot' AS market, 'BTCUSDT' AS symbol, '1m' AS timeframe, ${AT} AS row_time, 'k' AS key, 12.0 AS value, 10.0 AS threshold, ${AT} AS found_at FROM range(3)`,
  symbols: `SELECT 'binance' AS venue, 'spot' AS market, ${SYMBOLS}[1 + s] AS symbol, 'TRADING' AS status, s = 0 AND i = 1 AS is_watched, ${AT} + INTERVAL (i) MINUTE AS known_at FROM range(2) r(i), range(3) t(s)
UNION ALL BY NAME SELECT 'okx' AS venue, 'swap' AS market, 'BTC-USDT-SWAP' AS symbol, false AS is_watched, ${AT} AS known_at`,
  quarantine: `SELECT 'liquidation' AS source, 'ws-1' AS connection, ${AT} AS received_at, 'not JSON' AS reason, 'x' AS raw FROM range(2)`,
};
const PARTITIONS: Readonly<Record<string, Record<string, string>>> = {
  bars_rollup: { timeframe: '1h', period: '2026-11-01' },
  indicators: { timeframe: '1m', period: '2026-11-20' },
  features: { timeframe: '5m', period: '2026-11-01' },
  symbols: {},
};

/** @param from when it begins, a whole hour. */
export async function servedLake(lake: string, from = START): Promise<void> {
  for (const name of Object.keys(SELECTS)) await addServedRows(lake, name, from);
}

/** The rows of one table once more, as if they had come later. @param from when they begin, a whole hour. */
export async function addServedRows(lake: string, name: string, from: number, path?: string): Promise<void> {
  const known = LAKE_TABLES.find((one) => one.name === name);
  if (known === undefined) throw new TypeError(`no such table: ${name}`);
  const { columns, partitionBy } = known;
  const iso = new Date(from).toISOString();
  const moved = SELECTS[name]?.replaceAll('2026-11-20 06:00:00Z', iso);
  const partitionValues = Object.fromEntries(
    Object.entries(PARTITIONS[name] ?? { date: '2026-11-20' }).map(([column, value]) => [
      column,
      column === 'timeframe'
        ? value
        : iso.slice(0, value.endsWith('-01') ? 7 : 10) + (value.endsWith('-01') ? '-01' : ''),
    ]),
  );
  const table = await parquetTable(join(lake, name), columns, {}, partitionBy);
  const typed = Object.entries(columns)
    .filter(([column]) => !partitionBy.includes(column))
    .map(([column, type]) => `NULL::${duckdbType(type)} AS "${column}"`);
  await table.add(`SELECT * FROM (SELECT ${typed} LIMIT 0) UNION ALL BY NAME (${moved}) ORDER BY ALL`, {
    partitionValues,
    ...(path === undefined ? {} : { path }),
  });
}

/** Another minute of BTCUSDT, as a collector would add it. */
export async function addBar(lake: string, minute: number): Promise<void> {
  const columns = LAKE_TABLES.find(({ name }) => name === 'bars_1m')?.columns ?? {};
  const table = await parquetTable(join(lake, 'bars_1m'), columns, {}, ['date']);
  const select = `SELECT ${BAR}, ${DAY} FROM range(${minute}, ${minute + 1}) r(i), range(1) t(s)`;
  await table.add(`SELECT * EXCLUDE (date) FROM (${select})`, {
    path: `added-${minute}.parquet`,
    partitionValues: { date: '2026-11-20' },
  });
}
