/** Checks of a bar beside its neighbours, of a market beside another, and of prices. Lengths of time are in milliseconds. */
import type { QualityCheck } from './quality-check.ts';

const SERIES = 'PARTITION BY venue, market, symbol ORDER BY open_time';

export const SERIES_CHECKS: readonly QualityCheck[] = [
  {
    name: 'continuity',
    severity: 'warning',
    table: 'bars_1m',
    sql: () =>
      `SELECT venue, market, symbol, open_time AS row_time, first_trade_id::DOUBLE AS value, expected::DOUBLE AS threshold
       FROM (SELECT *, lag(last_trade_id) OVER (${SERIES}) + 1 AS expected, lag(close_time) OVER (${SERIES}) AS before FROM rows)
       WHERE before = open_time AND first_trade_id <> expected`,
  },
  {
    name: 'jump',
    severity: 'warning',
    table: 'bars_1m',
    sql: ({ qualityJump }) =>
      `WITH ranges AS (
         SELECT *, abs(close - lag(close) OVER (${SERIES})) AS move,
           greatest(high - low, abs(high - lag(close) OVER (${SERIES})), abs(low - lag(close) OVER (${SERIES}))) AS true_range FROM rows
       ), averages AS (
         SELECT *, avg(true_range) OVER (${SERIES} ROWS BETWEEN 14 PRECEDING AND 1 PRECEDING) AS atr,
           count(true_range) OVER (${SERIES} ROWS BETWEEN 14 PRECEDING AND 1 PRECEDING) AS bars FROM ranges
       )
       SELECT venue, market, symbol, open_time AS row_time, move / atr AS value, ${qualityJump}::DOUBLE AS threshold
       FROM averages WHERE bars = 14 AND atr > 0 AND move > ${qualityJump} * atr`,
  },
  {
    name: 'stuck_price',
    severity: 'warning',
    table: 'bars_1m',
    // One finding a run, when it has become too long; of a run that is cut off nobody knows how long it is.
    sql: ({ qualityStuck }) =>
      `WITH runs AS (
         SELECT *, count(*) FILTER (close <> before OR (before IS NULL AND NOT is_edge)) OVER (${SERIES}) AS run
         FROM (SELECT *, lag(close) OVER (${SERIES}) AS before FROM rows WHERE trade_count > 0)
       ), lengths AS (
         SELECT *, (epoch_us(close_time) - epoch_us(min(open_time) OVER of_run)) / 60000000 AS minutes
         FROM runs WHERE run > 0 WINDOW of_run AS (PARTITION BY venue, market, symbol, run)
       )
       SELECT venue, market, symbol, open_time AS row_time, minutes::DOUBLE AS value, ${qualityStuck / 60_000}::DOUBLE AS threshold
       FROM lengths WHERE minutes >= ${qualityStuck / 60_000}
       QUALIFY row_number() OVER (PARTITION BY venue, market, symbol, run ORDER BY open_time) = 1`,
  },
  {
    name: 'spot_futures',
    severity: 'warning',
    table: 'bars_1m',
    sql: ({ qualityDivergence }) =>
      `SELECT f.venue, f.market, f.symbol, f.open_time AS row_time, 100 * abs(f.close / s.close - 1) AS value, ${qualityDivergence}::DOUBLE AS threshold
       FROM rows AS f JOIN rows AS s ON s.venue = f.venue AND s.symbol = f.symbol AND s.open_time = f.open_time
       WHERE f.market = 'usdm' AND s.market = 'spot' AND s.close > 0 AND 100 * abs(f.close / s.close - 1) > ${qualityDivergence}`,
  },
  {
    name: 'stale_symbol',
    severity: 'warning',
    table: 'bars_1m',
    sql: ({ qualityStale }) =>
      `SELECT venue, market, symbol, open_time AS row_time, minutes::DOUBLE AS value, ${qualityStale / 60_000}::DOUBLE AS threshold
       FROM (SELECT *, (epoch_us(lead(open_time) OVER (${SERIES})) - epoch_us(close_time)) / 60000000 AS minutes FROM rows WHERE market <> 'stocks')
       WHERE minutes > ${qualityStale / 60_000}`,
  },
  {
    name: 'stale_ticker',
    severity: 'warning',
    table: 'prices',
    sql: ({ qualityStale }) =>
      `SELECT venue, market, symbol, collected_at AS row_time, (epoch_us(collected_at) - epoch_us(close_time)) / 1000 AS value, ${qualityStale}::DOUBLE AS threshold
       FROM rows WHERE epoch_us(collected_at) - epoch_us(close_time) > ${qualityStale} * 1000`,
  },
  {
    name: 'ticker_range',
    severity: 'error',
    table: 'prices',
    sql: () =>
      `SELECT venue, market, symbol, collected_at AS row_time, last_price AS value, CASE WHEN last_price < low_price THEN low_price ELSE high_price END AS threshold
       FROM rows WHERE low_price > 0 AND (last_price < low_price OR last_price > high_price)`,
  },
];
