/** Checks of prices, as queries. */
import type { PriceCheck } from './quality-check.ts';

export const PRICE_CHECKS: readonly PriceCheck[] = [
  {
    name: 'stale_ticker',
    severity: 'warning',
    sql: ({ qualityStale }) =>
      `SELECT venue, market, symbol, collected_at AS row_time, (epoch_us(collected_at) - epoch_us(close_time)) / 1000 AS value, ${qualityStale}::DOUBLE AS threshold
       FROM rows WHERE epoch_us(collected_at) - epoch_us(close_time) > ${qualityStale * 1000}`,
  },
  {
    name: 'ticker_range',
    severity: 'error',
    sql: () =>
      `SELECT venue, market, symbol, collected_at AS row_time, last_price AS value, CASE WHEN last_price < low_price THEN low_price ELSE high_price END AS threshold
       FROM rows WHERE low_price > 0 AND (last_price < low_price OR last_price > high_price)`,
  },
];
