import type { LakeTable, NamedQuery } from '../table.ts';

const QUERIES: readonly NamedQuery[] = [
  {
    name: 'price-movers',
    title: 'The strongest movers of 24 h at the newest poll',
    sql: `SELECT symbol, last_price, price_change_percent, round(quote_volume) AS quote_volume
FROM prices WHERE collected_at = (SELECT max(collected_at) FROM prices WHERE collected_at >= $since) AND quote_volume > 0
ORDER BY abs(price_change_percent) DESC, symbol LIMIT 10`,
    trend: {
      sql: `WITH newest AS (SELECT date_trunc('hour', max(collected_at)) AS top FROM prices WHERE collected_at >= $since)
SELECT symbol, 23 - date_diff('hour', collected_at, top) AS hour, arg_max(last_price, collected_at) AS value
FROM prices, newest WHERE collected_at >= greatest($since, top - INTERVAL 23 HOUR) GROUP BY ALL`,
    },
  },
];

export const PRICES_TABLE = {
  name: 'prices',
  description: '24 h ticker statistics, one row a symbol and poll.',
  columns: {
    venue: 'string',
    market: 'string',
    symbol: 'string',
    collected_at: 'timestamp',
    last_price: 'double',
    open_price: 'double',
    high_price: 'double',
    low_price: 'double',
    bid_price: 'double',
    bid_quantity: 'double',
    ask_price: 'double',
    ask_quantity: 'double',
    previous_close_price: 'double',
    price_change: 'double',
    price_change_percent: 'double',
    weighted_average_price: 'double',
    volume: 'double',
    quote_volume: 'double',
    trade_count: 'long',
    open_time: 'timestamp',
    close_time: 'timestamp',
    first_trade_id: 'long',
    last_trade_id: 'long',
    received_at: 'timestamp',
    date: 'date',
  },
  partitionBy: ['date'],
  clusterBy: ['symbol', 'collected_at'],
  naturalKey: ['venue', 'market', 'symbol', 'collected_at'],
  timeColumn: 'collected_at',
  queries: QUERIES,
} as const satisfies LakeTable;
