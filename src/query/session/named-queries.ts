/** The saved analyses: SQL that people can run by name, look at, and take further. `$since` is a time in UTC. */
export interface NamedQuery {
  readonly name: string;
  readonly title: string;
  readonly sql: string;
  readonly trend?: Trend;
}

/** The last 24 hours of each row, for a sparkline. */
export interface Trend {
  /** Gives the row's key columns, `hour` (0 to 23; 23 is the newest) and `value`. */
  readonly sql: string;
  /** The value of the lowest bar; a row's own least value when it is not given. */
  readonly floor?: number;
}

export const NAMED_QUERIES: readonly NamedQuery[] = [
  {
    name: 'liquidations-by-side',
    title:
      'Liquidations by side (SELL closed longs, BUY closed shorts); a sample, so totals are lower bounds',
    sql: `SELECT side, market, count(*) AS orders, count(DISTINCT symbol) AS symbols, round(sum(notional)) AS notional_at_least
FROM liquidation WHERE trade_time >= $since GROUP BY ALL ORDER BY notional_at_least DESC NULLS LAST`,
  },
  {
    name: 'top-liquidations',
    title: 'Symbols with the most liquidated, at least',
    sql: `SELECT symbol, market, count(*) AS orders,
  round(sum(notional) FILTER (side = 'SELL')) AS longs_at_least, round(sum(notional) FILTER (side = 'BUY')) AS shorts_at_least,
  round(sum(notional)) AS notional_at_least
FROM liquidation WHERE trade_time >= $since GROUP BY ALL ORDER BY notional_at_least DESC NULLS LAST, symbol, market LIMIT 15`,
    trend: {
      sql: `WITH newest AS (SELECT date_trunc('hour', max(trade_time)) AS top FROM liquidation WHERE trade_time >= $since)
SELECT symbol, market, 23 - date_diff('hour', trade_time, top) AS hour, sum(notional) AS value
FROM liquidation, newest WHERE trade_time >= greatest($since, top - INTERVAL 23 HOUR) GROUP BY ALL`,
      floor: 0,
    },
  },
  {
    name: 'largest-liquidations',
    title: 'The largest single liquidations',
    sql: `SELECT trade_time, symbol, side, filled_quantity, average_price, round(notional) AS notional
FROM liquidation WHERE trade_time >= $since ORDER BY notional DESC NULLS LAST, trade_time, symbol LIMIT 10`,
  },
  {
    name: 'liquidations-by-hour',
    title: 'Liquidations by hour, at least',
    sql: `SELECT date_trunc('hour', trade_time) AS hour, count(*) AS orders,
  round(coalesce(sum(notional) FILTER (side = 'SELL'), 0)) AS longs_at_least,
  round(coalesce(sum(notional) FILTER (side = 'BUY'), 0)) AS shorts_at_least
FROM liquidation WHERE trade_time >= $since GROUP BY 1 ORDER BY 1 DESC LIMIT 24`,
  },
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
  {
    name: 'coverage',
    title: 'What share of the time liquidations were listened to',
    sql: `WITH span AS (SELECT greatest(min(started_at), $since) AS first, greatest(max(ended_at), $until) AS last FROM coverage_spans)
SELECT any_value(first) AS since, any_value(last) AS until, count(s.started_at) AS spans,
  round(100 * coalesce(sum(epoch(least(s.ended_at, last)) - epoch(greatest(s.started_at, first))) FILTER (s.started_at IS NOT NULL), 0) / nullif(any_value(epoch(last) - epoch(first)), 0), 3) AS percent_listened
FROM span LEFT JOIN coverage_spans s ON s.ended_at >= first`,
  },
  {
    name: 'coverage-gaps',
    title: 'Holes in which nobody listened, and why',
    sql: `WITH gap AS (
  SELECT started_at, ended_at, length, reason FROM coverage_gaps
  UNION ALL SELECT max(ended_at), $until, $until - max(ended_at), 'nothing recorded since' FROM coverage_spans HAVING max(ended_at) < $until
)
SELECT started_at, ended_at, round(epoch(length), 1) AS seconds, reason FROM gap WHERE ended_at >= $since ORDER BY length DESC, started_at LIMIT 20`,
  },
  {
    name: 'missed-frames',
    title: 'Frames that one connection missed and the other one had',
    sql: `SELECT connection, sum(frames)::BIGINT AS frames, sum(missed)::BIGINT AS missed, round(100 * sum(missed) / nullif(sum(frames) + sum(missed), 0), 4) AS percent_missed
FROM coverage WHERE source = 'liquidation' AND ended_at >= $since GROUP BY 1 ORDER BY 1`,
  },
  {
    name: 'quarantine',
    title: 'What could not be understood',
    sql: 'SELECT reason, source, count(*) AS rows, max(received_at) AS newest FROM quarantine WHERE received_at >= $since GROUP BY ALL ORDER BY rows DESC, reason, source LIMIT 20',
  },
];

/** A collector tells what it heard about once a minute: younger silence is nothing yet. */
export const FRESH_MS = 300_000;

/** Times in milliseconds since the epoch. */
export interface AskedTime {
  /** Undefined for all. */
  readonly sinceMs: number | undefined;
  /** Undefined for a lake as of the past. */
  readonly nowMs: number | undefined;
}

/** The SQL of a saved analysis for a time. */
export function askedSql(sql: string, { sinceMs, nowMs }: AskedTime): string {
  // Without a beginning the question is about what is there: an old lake is no collector that is down.
  const untilMs = sinceMs === undefined || nowMs === undefined ? 0 : nowMs - FRESH_MS;
  return sql.replaceAll('$since', timeSql(sinceMs ?? 0)).replaceAll('$until', timeSql(untilMs));
}

function timeSql(timeMs: number): string {
  return `TIMESTAMPTZ '${new Date(timeMs).toISOString()}'`;
}
