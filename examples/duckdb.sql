-- Top liquidations, hourly sums by side, and coverage, with DuckDB 1.1 or newer, alone:
--
--     crypto-lake read --sql "FROM liquidation" -o liquidation.parquet
--     crypto-lake read --sql "FROM coverage" -o coverage.parquet
--     duckdb < examples/duckdb.sql
--
-- The two exports need no network. DuckDB's delta extension opens the lake itself, but INSTALL fetches it (once) from
-- extensions.duckdb.org; with it, these lines take the place of the two views below:
--
--     INSTALL delta;
--     LOAD delta;
--     CREATE VIEW liquidation AS FROM delta_scan('tables/liquidation');
--     CREATE VIEW coverage AS FROM delta_scan('tables/coverage');

CREATE VIEW liquidation AS FROM 'liquidation.parquet';
CREATE VIEW coverage AS FROM 'coverage.parquet';

SET TimeZone = 'UTC';

-- The stream is a sample, at most one order a symbol a second: every sum is a lower bound.
-- SELL closes a long, BUY closes a short.
SELECT symbol, market, count(*) AS orders,
  round(coalesce(sum(notional) FILTER (side = 'SELL'), 0)) AS longs_at_least,
  round(coalesce(sum(notional) FILTER (side = 'BUY'), 0)) AS shorts_at_least
FROM liquidation
GROUP BY ALL
ORDER BY sum(notional) DESC NULLS LAST
LIMIT 10;

-- When at least one connection was proven to listen. A row `unproven` without a connection takes back what earlier rows
-- called `listening`. Between two edges of such rows, nothing changes.
CREATE VIEW listened AS
WITH spans AS (
  SELECT started_at, ended_at, (state = 'listening')::INT AS listening, (state = 'unproven')::INT AS unproven
  FROM coverage
  WHERE source = 'liquidation' AND (state = 'listening' OR (state = 'unproven' AND connection = ''))
), edges AS (
  SELECT started_at AS moment, listening, unproven FROM spans
  UNION ALL
  SELECT ended_at, -listening, -unproven FROM spans
), pieces AS (
  SELECT moment AS started_at, lead(moment) OVER (ORDER BY moment) AS ended_at,
    sum(listening) OVER (ORDER BY moment) AS listening, sum(unproven) OVER (ORDER BY moment) AS unproven
  FROM edges
)
SELECT started_at, ended_at FROM pieces WHERE listening > 0 AND unproven = 0 AND ended_at > started_at;

CREATE VIEW coverage_by_hour AS
WITH hours AS (
  SELECT unnest(generate_series(date_trunc('hour', min(started_at)), max(ended_at), INTERVAL 1 HOUR)) AS hour
  FROM listened
)
SELECT hour,
  coalesce(
    sum(epoch_us(least(ended_at, hour + INTERVAL 1 HOUR)) - epoch_us(greatest(started_at, hour))) FILTER (ended_at > hour),
    0
  ) / 36e6 AS percent_listened
FROM hours LEFT JOIN listened ON started_at < hour + INTERVAL 1 HOUR AND ended_at > hour
GROUP BY hour;

-- NULL: nobody listened. 0: somebody listened, and none came.
SELECT hour, round(percent_listened, 2) AS percent_listened,
  CASE WHEN percent_listened > 0 THEN count(trade_time) END AS orders,
  CASE WHEN percent_listened > 0 THEN round(coalesce(sum(notional) FILTER (side = 'SELL'), 0)) END AS longs_at_least,
  CASE WHEN percent_listened > 0 THEN round(coalesce(sum(notional) FILTER (side = 'BUY'), 0)) END AS shorts_at_least
FROM coverage_by_hour LEFT JOIN liquidation ON date_trunc('hour', trade_time) = hour
GROUP BY hour, percent_listened
ORDER BY hour DESC
LIMIT 24;

-- What share of the whole time was listened to, and for how many hours nobody was there.
SELECT min(started_at) AS since, max(ended_at) AS until,
  round(100 * sum(epoch_us(ended_at) - epoch_us(started_at)) / (epoch_us(max(ended_at)) - epoch_us(min(started_at))), 3)
    AS percent_listened,
  (SELECT count(*) FROM coverage_by_hour WHERE percent_listened = 0) AS hours_nobody_listened
FROM listened;
