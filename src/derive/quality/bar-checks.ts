/** Checks of a bar by itself. Rounding of the venue's own sums is no finding. */
import { type QualityCheck, whereBars } from './quality-check.ts';

/** Volumes are rounded to eight decimals. */
const ROUNDING = 1e-6;

export const BAR_CHECKS: readonly QualityCheck[] = [
  {
    name: 'ohlc_order',
    severity: 'error',
    table: 'bars_1m',
    sql: () =>
      whereBars(
        'low > least(open, close) OR greatest(open, close) > high',
        'greatest(low - least(open, close), greatest(open, close) - high)',
        0,
      ),
  },
  {
    name: 'taker_volume',
    severity: 'error',
    table: 'bars_1m',
    sql: () => whereBars(`taker_buy_volume > volume * (1 + ${ROUNDING})`, 'taker_buy_volume', 'volume'),
  },
  {
    name: 'average_price',
    severity: 'error',
    table: 'bars_1m',
    sql: () =>
      whereBars(
        `market <> 'coinm' AND volume > 0 AND quote_volume IS NOT NULL AND (quote_volume / volume < low * (1 - ${ROUNDING}) OR quote_volume / volume > high * (1 + ${ROUNDING}))`,
        'quote_volume / volume',
        'CASE WHEN quote_volume / volume < low THEN low ELSE high END',
      ),
  },
  {
    name: 'trade_count',
    severity: 'warning',
    table: 'bars_1m',
    sql: () =>
      whereBars(
        'last_trade_id - first_trade_id + 1 <> trade_count',
        'trade_count',
        'last_trade_id - first_trade_id + 1',
      ),
  },
  {
    name: 'volume_without_trades',
    severity: 'error',
    table: 'bars_1m',
    sql: () => whereBars('(volume > 0 AND trade_count = 0) OR (volume = 0 AND trade_count > 0)', 'volume', 0),
  },
  {
    name: 'duplicate_key',
    severity: 'error',
    table: 'bars_1m',
    sql: () =>
      `SELECT venue, market, symbol, open_time AS row_time, count(*)::DOUBLE AS value, 1::DOUBLE AS threshold FROM rows
       GROUP BY venue, market, symbol, open_time HAVING count(DISTINCT hash(open, high, low, close, volume, trade_count)) > 1`,
  },
  {
    name: 'clock',
    severity: 'warning',
    table: 'bars_1m',
    sql: ({ qualityClock }) =>
      whereBars(
        `origin = 'stream' AND epoch_us(close_time) - epoch_us(known_at) > ${qualityClock} * 1000`,
        '(epoch_us(close_time) - epoch_us(known_at)) / 1000',
        qualityClock,
      ),
  },
];
