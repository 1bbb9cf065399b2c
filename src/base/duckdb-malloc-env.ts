/**
 * For commands that should stay within their memory: DuckDB's allocator keeps what was freed for seconds and by processor.
 * Without that a compaction takes a sixth less, and a long `derive` 130 MiB, for no time. To be loaded before DuckDB,
 * which reads it once. Source: jemalloc(3), `narenas`, `dirty_decay_ms`, `muzzy_decay_ms`.
 */
process.env.DUCKDB_JE_MALLOC_CONF ??= 'narenas:1,dirty_decay_ms:100,muzzy_decay_ms:0';
