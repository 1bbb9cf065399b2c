import { FIRST_VENUE } from '../first-venue.ts';
import type { LakeTable, LakeView, NamedQuery } from '../table.ts';

/**
 * `liquidation_by_minute`: orders and notional a minute of the first venue since its first coverage; 0 where someone listened and none
 * came, NULL where nobody listened for the whole minute.
 */
const VIEWS: readonly LakeView[] = [
  {
    name: 'liquidation_by_minute',
    reads: ['coverage', 'liquidation'],
    sql: `CREATE VIEW liquidation_by_minute AS
   WITH minutes AS (
     SELECT unnest(generate_series(date_trunc('minute', min(started_at)), max(ended_at), INTERVAL 1 MINUTE)) AS minute FROM coverage_spans
   ), heard AS (
     SELECT m.minute, count(s.started_at) > 0 AS listened
     FROM minutes m LEFT JOIN coverage_spans s ON s.started_at <= m.minute AND s.ended_at >= m.minute + INTERVAL 1 MINUTE
     GROUP BY m.minute
   ), orders AS (
     SELECT date_trunc('minute', trade_time) AS minute, count(*) AS orders, sum(notional) AS notional
     FROM liquidation WHERE coalesce(venue, '${FIRST_VENUE}') = '${FIRST_VENUE}' GROUP BY 1
   )
   SELECT h.minute, h.listened,
     CASE WHEN h.listened THEN coalesce(o.orders, 0) ELSE o.orders END AS orders,
     CASE WHEN h.listened THEN coalesce(o.notional, 0) ELSE o.notional END AS notional_at_least
   FROM heard h LEFT JOIN orders o USING (minute)`,
  },
];

/** Stands beside every total. Null for a venue that the program does not know. */
const TOTAL_OF =
  "CASE any_value(is_sample) WHEN true THEN 'a sample' WHEN false THEN 'all orders' END AS total_of";

const QUERIES: readonly NamedQuery[] = [
  {
    name: 'liquidations-by-side',
    title:
      'Liquidations by venue and side (SELL closed longs, BUY closed shorts); totals of a sample are lower bounds',
    sql: `SELECT side, venue, market, ${TOTAL_OF},
  count(*) AS orders, count(DISTINCT symbol) AS symbols, round(sum(notional)) AS notional_at_least
FROM liquidation LEFT JOIN liquidation_venues USING (venue) WHERE trade_time >= $since GROUP BY side, venue, market ORDER BY notional_at_least DESC NULLS LAST`,
  },
  {
    name: 'top-liquidations',
    title: 'Symbols with the most liquidated, at least',
    sql: `SELECT symbol, venue, market, ${TOTAL_OF}, count(*) AS orders,
  round(sum(notional) FILTER (side = 'SELL')) AS longs_at_least, round(sum(notional) FILTER (side = 'BUY')) AS shorts_at_least,
  round(sum(notional)) AS notional_at_least
FROM liquidation LEFT JOIN liquidation_venues USING (venue) WHERE trade_time >= $since
GROUP BY symbol, venue, market ORDER BY notional_at_least DESC NULLS LAST, symbol, venue, market LIMIT 15`,
    trend: {
      sql: `WITH newest AS (SELECT date_trunc('hour', max(trade_time)) AS top FROM liquidation WHERE trade_time >= $since)
SELECT symbol, venue, market, 23 - date_diff('hour', trade_time, top) AS hour, sum(notional) AS value
FROM liquidation, newest WHERE trade_time >= greatest($since, top - INTERVAL 23 HOUR) GROUP BY ALL`,
      floor: 0,
    },
  },
  {
    name: 'largest-liquidations',
    title: 'The largest single liquidations',
    sql: `SELECT trade_time, venue, symbol, side, coalesce(filled_quantity, quantity) AS filled_quantity, coalesce(average_price, price) AS average_price, round(notional) AS notional
FROM liquidation WHERE trade_time >= $since ORDER BY notional DESC NULLS LAST, trade_time, venue, symbol LIMIT 10`,
  },
  {
    name: 'liquidations-by-hour',
    title: 'Liquidations by hour and venue, at least',
    sql: `SELECT date_trunc('hour', trade_time) AS hour, venue, ${TOTAL_OF}, count(*) AS orders,
  round(coalesce(sum(notional) FILTER (side = 'SELL'), 0)) AS longs_at_least,
  round(coalesce(sum(notional) FILTER (side = 'BUY'), 0)) AS shorts_at_least
FROM liquidation LEFT JOIN liquidation_venues USING (venue) WHERE trade_time >= $since
GROUP BY 1, 2 QUALIFY dense_rank() OVER (ORDER BY date_trunc('hour', trade_time) DESC) <= 24 ORDER BY 1 DESC, 2`,
  },
];

export const LIQUIDATION_TABLE = {
  name: 'liquidation',
  description:
    'Forced orders as streamed: of some venues a sample (see liquidation_venues), so totals are lower bounds. SELL closes a long.',
  columns: {
    venue: 'string',
    market: 'string',
    symbol: 'string',
    side: 'string',
    order_type: 'string',
    time_in_force: 'string',
    status: 'string',
    price: 'double',
    average_price: 'double',
    quantity: 'double',
    last_filled_quantity: 'double',
    filled_quantity: 'double',
    contract_size: 'double',
    notional: 'double',
    trade_time: 'timestamp',
    event_time: 'timestamp',
    received_at: 'timestamp',
    connection: 'string',
    date: 'date',
  },
  partitionBy: ['date'],
  clusterBy: ['symbol', 'trade_time'],
  naturalKey: [
    'venue',
    'market',
    'symbol',
    'side',
    'trade_time',
    'quantity',
    'price',
    'average_price',
    'filled_quantity',
  ],
  timeColumn: 'trade_time',
  views: VIEWS,
  queries: QUERIES,
} as const satisfies LakeTable;
