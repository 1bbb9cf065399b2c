/** A lake that ends now, as the page shows it: bars with a hole, indicators, liquidations of three venues, findings. */
import { join } from 'node:path';
import { LAKE_TABLES } from '../../src/lake/registry.ts';
import { parquetTable } from './parquet-table.ts';

const BAR_COUNT = 1500;
/** Minutes before now in which nothing was recorded. */
const HOLE = { first: 90, last: 70 };

export async function recentLake(lake: string, nowMs: number): Promise<void> {
  const endMs = Math.floor(nowMs / 60_000) * 60_000;
  const at = `TIMESTAMPTZ '${new Date(endMs - BAR_COUNT * 60_000).toISOString()}'`;
  const end = `TIMESTAMPTZ '${new Date(endMs).toISOString()}'`;
  const key = `'binance' AS venue, 'spot' AS market, 'BTCUSDT' AS symbol, '1m' AS timeframe, ${at} + INTERVAL (i) MINUTE AS open_time, ${at} + INTERVAL (i + 1) MINUTE AS close_time`;
  const minutes = `range(${BAR_COUNT}) r(i) WHERE i NOT BETWEEN ${BAR_COUNT - HOLE.first} AND ${BAR_COUNT - HOLE.last}`;
  const price = (offset: number) =>
    `64000 + 900 * sin((i + ${offset}) / 60.0) + 120 * sin((i + ${offset}) * 1.7)`;
  const selects: Readonly<Record<string, string>> = {
    bars_1m: `SELECT ${key}, ${price(0)} AS open, greatest(${price(0)}, ${price(1)}) + 40 AS high, least(${price(0)}, ${price(1)}) - 40 AS low, ${price(1)} AS close,
      5 + 4 * abs(sin(i)) AS volume, 3e5 AS quote_volume, 200 AS trade_count, 'stream' AS origin, 'proven' AS completeness, ${at} + INTERVAL (i + 1) MINUTE AS known_at FROM ${minutes}`,
    indicators: `SELECT ${key}, ${price(-10)} AS sma_20, ${price(-25)} AS sma_50, 64000.0 AS sma_200, 50 + 40 * sin(i / 45.0) AS rsi_14,
      80 * sin(i / 50.0) AS macd, 80 * sin((i - 9) / 50.0) AS macd_signal, 20 * sin(i / 30.0) AS macd_histogram, 0 AS holes_in_window, ${at} AS known_at FROM ${minutes}`,
    liquidation: `SELECT ['binance', 'bybit', 'okx'][1 + i % 3] AS venue, ['usdm', 'linear', 'swap'][1 + i % 3] AS market, ['BTCUSDT', 'ETHUSDT'][1 + i % 2] AS symbol,
      CASE WHEN i % 5 < 3 THEN 'SELL' ELSE 'BUY' END AS side, 0.5 + i % 7 AS quantity, 64000.0 AS price, 1000.0 * (1 + i * i % 97) AS notional, ${at} + INTERVAL (i * 5) MINUTE AS trade_time, ${at} AS received_at FROM range(300) r(i)`,
    coverage: `SELECT 'liquidation' AS source, '!forceOrder@arr' AS stream, 'ws-1' AS connection, 'listening' AS state, started_at, ended_at, 900 AS frames, 0 AS missed, 'closed' AS end_reason
      FROM (VALUES (${at}, ${end} - INTERVAL ${HOLE.first} MINUTE), (${end} - INTERVAL ${HOLE.last} MINUTE, ${end})) t(started_at, ended_at)`,
    quality: `SELECT 'jump' AS "check", 'warning' AS severity, 'bars_1m' AS row_table, 'binance' AS venue, 'spot' AS market, 'BTCUSDT' AS symbol, '1m' AS timeframe, ${end} AS row_time, 'k' AS key, 12.0 AS value, 10.0 AS threshold, ${end} AS found_at FROM range(2)`,
    // Half as far from the truth as "no change".
    predictions: `SELECT 'spot' AS market, 'BTCUSDT' AS symbol, '1m' AS timeframe, close_time - INTERVAL 1 MINUTE AS made_at, close_time AS predicted_for, (close + open) / 2 AS price,
      close - 1 AS price_low, close + 1 AS price_high, open AS last_price, 'BTCUSDT.1m.next-price.1' AS model, '1' AS version, 'features' AS source, 60 AS bar_seconds, 0.5 AS skill
      FROM (SELECT ${key}, ${price(0)} AS open, ${price(1)} AS close FROM ${minutes} AND i >= ${BAR_COUNT - 60})`,
    prices: `SELECT 'binance' AS venue, 'spot' AS market, 'BTCUSDT' AS symbol, ${at} + INTERVAL (i) MINUTE AS collected_at, ${price(0)} AS last_price FROM range(${BAR_COUNT}) r(i)`,
  };
  const days = [
    ...new Set(
      [endMs - BAR_COUNT * 60_000, endMs - 86_400_000, endMs].map((ms) =>
        new Date(ms).toISOString().slice(0, 10),
      ),
    ),
  ];
  for (const { name, columns, partitionBy, timeColumn } of LAKE_TABLES) {
    const select = selects[name];
    if (select === undefined) continue;
    const table = await parquetTable(join(lake, name), columns, {}, partitionBy);
    const isByTimeframe = partitionBy.includes('timeframe');
    for (const day of days) {
      const rows = `SELECT ${isByTimeframe ? '* EXCLUDE (timeframe)' : '*'} FROM (${select}) WHERE ${timeColumn}::DATE = DATE '${day}' ORDER BY ALL`;
      const partitionValues = isByTimeframe ? { timeframe: '1m', period: day } : { date: day };
      await table.add(rows, { path: `${day}.parquet`, partitionValues });
    }
  }
}
