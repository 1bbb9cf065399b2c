"""Top liquidations, hourly sums by side, and coverage, with Spark 4.2 (pip install pyspark==4.2.0; Java 17 or 21):

    spark-submit --packages io.delta:delta-spark_4.2_2.13:4.4.0 examples/spark.py

`--packages` fetches Delta's jars over the network, once. Those that `npm run interop` fetched by Maven do as well:

    spark-submit --jars "$(ls tests/interop/.cache/jars/delta-*.jar | paste -sd,)" examples/spark.py

CRYPTO_LAKE_DIR names the lake.
"""

import os

from pyspark.sql import SparkSession

lake = os.path.abspath(os.environ.get("CRYPTO_LAKE_DIR", "tables"))
spark = (
    SparkSession.builder.appName("crypto-lake")
    .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
    .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
    .config("spark.sql.session.timeZone", "UTC")
    # A lake on one machine: 200 tasks a shuffle, Spark's default, would take longer than the work.
    .config("spark.sql.shuffle.partitions", "4")
    .config("spark.databricks.delta.snapshotPartitions", "2")
    .getOrCreate()
)
for table in ("liquidation", "coverage"):
    spark.read.format("delta").load(f"{lake}/{table}").createOrReplaceTempView(table)

print("Symbols with the most liquidated. The stream is a sample: every sum is a lower bound.")
print("SELL closes a long, BUY closes a short.")
spark.sql("""
    SELECT symbol, market, count(*) AS orders,
      round(coalesce(sum(notional) FILTER (WHERE side = 'SELL'), 0)) AS longs_at_least,
      round(coalesce(sum(notional) FILTER (WHERE side = 'BUY'), 0)) AS shorts_at_least
    FROM liquidation
    GROUP BY symbol, market
    ORDER BY sum(notional) DESC NULLS LAST
    LIMIT 10
""").show(truncate=False)

# When at least one connection was proven to listen. A row `unproven` without a connection takes back what earlier rows
# called `listening`. Between two edges of such rows, nothing changes.
spark.sql("""
    WITH spans AS (
      SELECT started_at, ended_at, int(state = 'listening') AS listening, int(state = 'unproven') AS unproven
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
    SELECT started_at, ended_at FROM pieces WHERE listening > 0 AND unproven = 0 AND ended_at > started_at
""").createOrReplaceTempView("listened")

spark.sql("""
    WITH hours AS (
      SELECT explode(sequence(date_trunc('hour', min(started_at)), max(ended_at), INTERVAL 1 HOUR)) AS hour
      FROM listened
    )
    SELECT hour,
      coalesce(
        sum(unix_micros(least(ended_at, hour + INTERVAL 1 HOUR)) - unix_micros(greatest(started_at, hour)))
          FILTER (WHERE ended_at > hour),
        0
      ) / 36e6 AS percent_listened
    FROM hours LEFT JOIN listened ON started_at < hour + INTERVAL 1 HOUR AND ended_at > hour
    GROUP BY hour
""").createOrReplaceTempView("coverage_by_hour")

print("Liquidations by hour. NULL: nobody listened. 0: somebody listened, and none came.")
spark.sql("""
    SELECT hour, round(percent_listened, 2) AS percent_listened,
      CASE WHEN percent_listened > 0 THEN count(trade_time) END AS orders,
      CASE WHEN percent_listened > 0 THEN round(coalesce(sum(notional) FILTER (WHERE side = 'SELL'), 0)) END
        AS longs_at_least,
      CASE WHEN percent_listened > 0 THEN round(coalesce(sum(notional) FILTER (WHERE side = 'BUY'), 0)) END
        AS shorts_at_least
    FROM coverage_by_hour LEFT JOIN liquidation ON date_trunc('hour', trade_time) = hour
    GROUP BY hour, percent_listened
    ORDER BY hour DESC
    LIMIT 24
""").show(24, truncate=False)

print("What share of the whole time was listened to, and for how many hours nobody was there.")
spark.sql("""
    SELECT min(started_at) AS since, max(ended_at) AS until,
      round(100 * sum(unix_micros(ended_at) - unix_micros(started_at))
        / (unix_micros(max(ended_at)) - unix_micros(min(started_at))), 3) AS percent_listened,
      (SELECT count(*) FROM coverage_by_hour WHERE percent_listened = 0) AS hours_nobody_listened
    FROM listened
""").show(truncate=False)
