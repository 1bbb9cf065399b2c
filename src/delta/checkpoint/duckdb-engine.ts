/** Reads and writes checkpoints with DuckDB, whose MAP and LIST layout equals Spark's. */

import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance, quotedString } from '@duckdb/node-api';
import { makeScratchFolder } from '../../base/scratch-folder.ts';
import type { Action } from '../log/actions.ts';
import { parseJson, stringifyJson } from '../log/json.ts';
import type { CheckpointEngine } from './checkpoint-engine.ts';
import { actionsOfRow } from './checkpoint-rows.ts';
import { CHECKPOINT_COLUMNS } from './checkpoint-sql.ts';

export const duckdbEngine: CheckpointEngine = {
  async readActions(bytes, name) {
    return withScratch(async (connection, folder) => {
      const path = join(folder, 'checkpoint.parquet');
      await writeFile(path, bytes);
      const reader = await connection.runAndReadAll(
        `SELECT to_json(checkpoint)::VARCHAR FROM read_parquet(${quotedString(path)}, hive_partitioning = false) AS checkpoint`,
      );
      return reader
        .getRows()
        .flatMap(([line]) => actionsOfRow(parseJson(String(line)) as Record<string, unknown>, name));
    });
  },
};

/** @returns the bytes of a classic checkpoint, in Spark's layout. */
export async function encodeCheckpoint(actions: readonly Action[]): Promise<Uint8Array> {
  const lines = actions.map((action) => `${stringifyJson(action)}\n`);
  // DuckDB takes twice this much memory at once; a schema or statistics of many columns make a long line.
  const longest = lines.reduce((length, line) => Math.max(length, Buffer.byteLength(line)), 2 ** 20);
  const columns = Object.entries(CHECKPOINT_COLUMNS).map(([name, type]) => `${name}: ${quotedString(type)}`);
  return withScratch(async (connection, folder) => {
    const [json, path] = [join(folder, 'actions.json'), join(folder, 'checkpoint.parquet')];
    await writeFile(json, lines.join(''));
    await connection.run(
      `COPY (SELECT * FROM read_json(${quotedString(json)}, format = 'newline_delimited', maximum_object_size = ${longest}, columns = {${columns.join(', ')}})) TO ${quotedString(path)} (FORMAT parquet, COMPRESSION snappy, PARQUET_VERSION V1)`,
    );
    return readFile(path);
  });
}

type Connection = Awaited<ReturnType<DuckDBInstance['connect']>>;

/** DuckDB works on files: they lie in a folder of this machine, wherever the table is. */
async function withScratch<T>(work: (connection: Connection, folder: string) => Promise<T>): Promise<T> {
  const folder = await makeScratchFolder([]);
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  const connection = await instance.connect();
  try {
    return await work(connection, folder);
  } finally {
    connection.closeSync();
    instance.closeSync();
    await rm(folder, { recursive: true, force: true });
  }
}
