"""Spark with Delta Lake, quick on small tables."""

from pathlib import Path

from pyspark.sql import SparkSession

CACHE = Path(__file__).parent / ".cache"


def spark_session(**settings):
    jars = [
        *(jar for jar in (CACHE / "jars").glob("*.jar") if jar.name.startswith(("delta-", "antlr"))),
        CACHE / "link-log-store.jar",
    ]
    builder = (
        SparkSession.builder.master("local[2]")
        .config("spark.jars", ",".join(map(str, jars)))
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.databricks.delta.snapshotPartitions", "2")
        .config("spark.sql.shuffle.partitions", "2")
        # A short life: no time to compile well, or to collect garbage at once.
        .config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        # Else VACUUM lists a folder in 10,000 tasks.
        .config("spark.sql.sources.parallelPartitionDiscovery.parallelism", "2")
        .config("spark.databricks.delta.retentionDurationCheck.enabled", "false")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
    )
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session
