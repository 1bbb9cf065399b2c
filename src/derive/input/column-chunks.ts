/** Rows of a query as typed arrays, a chunk at a time, as DuckDB has them in memory. */
import type { DuckDBConnection } from '@duckdb/node-api';
import duckdb from '@duckdb/node-bindings';

/**
 * @param sql a query of which every column is a DOUBLE without nulls.
 * @param take gets the columns of each chunk; they are only good until it returns.
 */
export async function readDoubles(
  connection: DuckDBConnection,
  sql: string,
  take: (columns: readonly Float64Array[], rows: number) => void,
): Promise<void> {
  // Whole, and not as a stream: the engine goes on while this thread is busy with what was read before.
  const result = await connection.run(sql);
  for (let at = 0; at < result.chunkCount; at++) {
    const chunk = result.getChunk(at);
    const rows = chunk.rowCount;
    const columns: Float64Array[] = [];
    for (let index = 0; index < chunk.columnCount; index++) {
      const bytes = duckdb.vector_get_data(duckdb.data_chunk_get_vector(chunk.chunk, index), rows * 8);
      columns.push(new Float64Array(bytes.buffer, bytes.byteOffset, rows));
    }
    take(columns, rows);
  }
}
