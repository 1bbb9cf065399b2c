/** Views over bars of all lengths, and the saved analyses that use them. */
import type { LakeView, NamedQuery } from '../table.ts';
import { BAR_COLUMNS } from './bar-columns.ts';

const COLUMNS = Object.keys(BAR_COLUMNS).join(', ');
const READS = ['bars_1m', 'bar_corrections', 'bars_rollup'];
/** A longer bar of minutes as they were first known; the sums are those of the decimals. */
const sumOf = (name: string) => `sum(b.${name}::DECIMAL(38, 10))::DOUBLE AS ${name}`;
const FIRST_KNOWN: Readonly<Record<string, string>> = {
  open: 'arg_min(b.open, b.open_time) AS open',
  high: 'max(b.high) AS high',
  low: 'min(b.low) AS low',
  close: 'arg_max(b.close, b.open_time) AS close',
  volume: sumOf('volume'),
  quote_volume: sumOf('quote_volume'),
  trade_count: 'sum(b.trade_count)::BIGINT AS trade_count',
  taker_buy_volume: sumOf('taker_buy_volume'),
  taker_buy_quote_volume: sumOf('taker_buy_quote_volume'),
  first_trade_id: 'arg_min(b.first_trade_id, b.open_time) AS first_trade_id',
  last_trade_id: 'arg_max(b.last_trade_id, b.open_time) AS last_trade_id',
  origin: "CASE WHEN min(b.origin) = max(b.origin) THEN min(b.origin) ELSE 'mixed' END AS origin",
  completeness: `CASE WHEN count(*) < any_value(r.minutes_expected) OR bool_or(b.completeness = 'partial') THEN 'partial'
       WHEN bool_or(b.completeness = 'counted') THEN 'counted' WHEN bool_and(b.completeness = 'quiet') THEN 'quiet' ELSE 'proven' END AS completeness`,
  event_time: 'max(b.event_time) AS event_time',
  known_at: 'max(b.known_at) AS known_at',
};
/** In bars. */
const HORIZONS = [1, 2, 3, 5, 10, 20, 60];

/**
 * - `bars`: of all timeframes; the newest version of each one-minute bar.
 * - `bars_as_known`: as first known: one-minute bars before any correction, and longer ones of these; the later versions
 *   stand in `bar_corrections`.
 * - `bar_holes`: spans without a bar between the first and the last one of a symbol. Stocks rest at night: they have none.
 * - `labels`: the change of the close over the next k bars, the only thing that looks ahead. A row is known when the last
 *   bar that it looks at is; null where a bar on the way is missing.
 */
export const BAR_VIEWS: readonly LakeView[] = [
  {
    name: 'bars',
    reads: READS,
    sql: `CREATE VIEW bars AS
   WITH latest AS (
     SELECT * FROM bar_corrections
     QUALIFY row_number() OVER (PARTITION BY venue, market, symbol, timeframe, open_time ORDER BY revision DESC) = 1
   )
   SELECT ${COLUMNS}, 1::BIGINT AS minutes, 1::BIGINT AS minutes_expected, NULL::DOUBLE AS listened_share
   FROM bars_1m ANTI JOIN latest USING (venue, market, symbol, timeframe, open_time)
   UNION ALL SELECT ${COLUMNS}, 1, 1, NULL FROM latest
   UNION ALL SELECT ${COLUMNS}, minutes, minutes_expected, listened_share FROM bars_rollup`,
  },
  {
    name: 'bars_as_known',
    reads: READS,
    sql: `CREATE VIEW bars_as_known AS
   WITH rolled AS (
     SELECT *, EXISTS (
       SELECT 1 FROM bar_corrections AS c
       WHERE c.venue = r.venue AND c.market = r.market AND c.symbol = r.symbol AND c.open_time >= r.open_time AND c.open_time < r.close_time
     ) AS is_corrected FROM bars_rollup AS r
   )
   SELECT ${COLUMNS}, 1::BIGINT AS minutes, 1::BIGINT AS minutes_expected, NULL::DOUBLE AS listened_share FROM bars_1m
   UNION ALL SELECT ${COLUMNS}, minutes, minutes_expected, listened_share FROM rolled WHERE NOT is_corrected
   UNION ALL
   SELECT ${COLUMNS.split(', ')
     .map((name) => FIRST_KNOWN[name] ?? `any_value(r.${name}) AS ${name}`)
     .join(', ')},
     count(*), any_value(r.minutes_expected), any_value(r.listened_share)
   FROM rolled AS r JOIN bars_1m AS b
     ON b.venue = r.venue AND b.market = r.market AND b.symbol = r.symbol AND b.open_time >= r.open_time AND b.open_time < r.close_time
   WHERE r.is_corrected GROUP BY r.venue, r.market, r.symbol, r.timeframe, r.open_time`,
  },
  {
    name: 'bar_holes',
    reads: ['bars_1m'],
    sql: `CREATE VIEW bar_holes AS
   SELECT venue, market, symbol, close_time AS started_at, next_open AS ended_at, (epoch_us(next_open) - epoch_us(close_time)) // 60000000 AS minutes
   FROM (SELECT *, lead(open_time) OVER (PARTITION BY venue, market, symbol ORDER BY open_time) AS next_open FROM bars_1m WHERE market <> 'stocks')
   WHERE next_open > close_time`,
  },
  {
    name: 'labels',
    reads: READS,
    sql: `CREATE VIEW labels AS
   SELECT venue, market, symbol, timeframe, open_time, close_time,
     ${HORIZONS.flatMap((bars) => {
       const isWhole = `lead(open_time, ${bars}) OVER series - open_time = ${bars} * (close_time - open_time)`;
       return [
         `CASE WHEN ${isWhole} THEN ln(lead(close, ${bars}) OVER series / close) END AS label_ret_${bars}`,
         `CASE WHEN ${isWhole} THEN max(known_at) OVER (PARTITION BY venue, market, symbol, timeframe ORDER BY open_time ROWS BETWEEN CURRENT ROW AND ${bars} FOLLOWING) END AS label_known_at_${bars}`,
       ];
     }).join(',\n     ')}
   FROM bars WINDOW series AS (PARTITION BY venue, market, symbol, timeframe ORDER BY open_time)`,
  },
];

export const BAR_QUERIES: readonly NamedQuery[] = [
  {
    name: 'bars',
    title: 'Bars by market and length: how many, of when, and how complete',
    sql: `SELECT market, timeframe, count(DISTINCT symbol) AS symbols, count(*) AS bars, min(open_time) AS first, max(close_time) AS until,
  round(100 * avg((completeness = 'proven')::INT), 1) AS percent_proven, count(*) FILTER (completeness = 'partial') AS partial
FROM bars WHERE open_time >= $since GROUP BY ALL ORDER BY market, min(close_time - open_time)`,
  },
  {
    name: 'bar-holes',
    title: 'Minutes without a bar: the longest holes',
    sql: `SELECT market, symbol, started_at, ended_at, minutes FROM bar_holes WHERE ended_at >= $since
ORDER BY minutes DESC, started_at, symbol LIMIT 20`,
  },
  {
    name: 'corrections',
    title: 'Bars that were corrected later',
    sql: `SELECT market, symbol, count(*) AS corrections, count(DISTINCT open_time) AS bars, max(revision) AS most_revisions, max(known_at) AS newest
FROM bar_corrections WHERE open_time >= $since GROUP BY ALL ORDER BY corrections DESC, market, symbol LIMIT 20`,
  },
];
