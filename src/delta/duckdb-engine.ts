/** Reads and writes checkpoints with DuckDB, whose MAP and LIST layout equals Spark's. */
import { DuckDBInstance, quotedString } from '@duckdb/node-api';
import type { CheckpointEngine } from './checkpoint-engine.ts';
import { actionsOfRows } from './checkpoint-rows.ts';

export const duckdbEngine: CheckpointEngine = {
  async readActions(path) {
    return withConnection(async (connection) => {
      const reader = await connection.runAndReadAll(
        `SELECT to_json(checkpoint)::VARCHAR FROM read_parquet(${quotedString(path)}, hive_partitioning = false) AS checkpoint`,
      );
      return actionsOfRows(
        reader.getRows().map(([line]) => String(line)),
        path,
      );
    });
  },
};

type Connection = Awaited<ReturnType<DuckDBInstance['connect']>>;

async function withConnection<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  const connection = await instance.connect();
  try {
    return await work(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
