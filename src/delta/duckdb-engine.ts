/** Reads and writes checkpoints with DuckDB, whose MAP and LIST layout equals Spark's. */

import { writeFile } from 'node:fs/promises';
import { DuckDBInstance, quotedString } from '../duckdb.ts';
import type { Action } from './actions.ts';
import type { CheckpointEngine } from './checkpoint-engine.ts';
import { actionsOfRow } from './checkpoint-rows.ts';
import { CHECKPOINT_COLUMNS } from './checkpoint-sql.ts';
import { parseJson, stringifyJson } from './json.ts';

export const duckdbEngine: CheckpointEngine = {
  async readActions(path) {
    return withConnection(async (connection) => {
      const reader = await connection.runAndReadAll(
        `SELECT to_json(checkpoint)::VARCHAR FROM read_parquet(${quotedString(path)}, hive_partitioning = false) AS checkpoint`,
      );
      return reader
        .getRows()
        .flatMap(([line]) => actionsOfRow(parseJson(String(line)) as Record<string, unknown>, path));
    });
  },
};

/**
 * Writes actions as a classic checkpoint, in Spark's layout.
 * @param jsonPath a file of our own beside it, for DuckDB to read the actions from; the caller removes it.
 */
export async function writeCheckpointFile(
  actions: readonly Action[],
  jsonPath: string,
  path: string,
): Promise<void> {
  const lines = actions.map((action) => `${stringifyJson(action)}\n`);
  await writeFile(jsonPath, lines.join(''));
  const columns = Object.entries(CHECKPOINT_COLUMNS).map(([name, type]) => `${name}: ${quotedString(type)}`);
  await withConnection(async (connection) => {
    await connection.run(
      `COPY (SELECT * FROM read_json(${quotedString(jsonPath)}, format = 'newline_delimited', maximum_object_size = ${MAX_ACTION_BYTES}, columns = {${columns.join(', ')}})) TO ${quotedString(path)} (FORMAT parquet, COMPRESSION snappy, PARQUET_VERSION V1)`,
    );
  });
}

/** A schema or statistics of many columns make a long line. */
const MAX_ACTION_BYTES = 256 * 2 ** 20;

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
