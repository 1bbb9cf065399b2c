/** A lake of two days with what pictures show: sides, symbols that are wide, quiet hours, holes in coverage. */
import { join } from 'node:path';
import { COVERAGE_TABLE } from '../../src/lake/tables/coverage.ts';
import { LIQUIDATION_TABLE } from '../../src/lake/tables/liquidation.ts';
import { PRICES_TABLE } from '../../src/lake/tables/prices.ts';
import { parquetTable } from './parquet-table.ts';

const SYMBOLS = "['BTCUSDT', '币安人生USDT', '🚀MOONUSDT', 'ETHUSDT_261225']";

const LIQUIDATIONS = `SELECT 'binance' AS venue, 'usdm' AS market, ${SYMBOLS}[1 + i % 4] AS symbol,
  CASE WHEN i % 3 = 0 THEN 'BUY' ELSE 'SELL' END AS side, 10.0 AS filled_quantity, 100.0 + i AS average_price,
  1000.0 * (1 + i % 7) AS notional, t AS trade_time, t AS received_at, t::DATE AS date
FROM (SELECT i, TIMESTAMPTZ '2026-11-20 06:00:00Z' + INTERVAL (i * 7) MINUTE AS t FROM range(200) r(i))
WHERE hour(t) <> 15`;

const PRICES = `SELECT 'binance' AS venue, 'spot' AS market, ${SYMBOLS}[1 + s] AS symbol,
  TIMESTAMPTZ '2026-11-20 06:00:00Z' + INTERVAL (i * 30) MINUTE AS collected_at, 100.0 + (i * (s + 1)) % 17 AS last_price,
  s - 1.5 AS price_change_percent, 1e6 * (s + 1) AS quote_volume, DATE '2026-11-20' AS date
FROM range(46) t(i), range(4) u(s)`;

const COVERAGE = `SELECT 'liquidation' AS source, 'ws-1' AS connection, 'listening' AS state, started_at, ended_at,
  100 AS frames, 1 AS missed, 'closed' AS end_reason, started_at::DATE AS date
FROM (VALUES (TIMESTAMPTZ '2026-11-20 06:00:00Z', TIMESTAMPTZ '2026-11-20 15:10:00Z'),
  (TIMESTAMPTZ '2026-11-20 17:00:00Z', TIMESTAMPTZ '2026-11-21 05:20:00Z')) t(started_at, ended_at)`;

export async function smallLake(folder: string): Promise<void> {
  const tables = [
    [LIQUIDATION_TABLE, LIQUIDATIONS],
    [PRICES_TABLE, PRICES],
    [COVERAGE_TABLE, COVERAGE],
  ] as const;
  for (const [{ name, columns }, select] of tables) {
    await (await parquetTable(join(folder, name), columns)).add(select, { stats: {} });
  }
}
