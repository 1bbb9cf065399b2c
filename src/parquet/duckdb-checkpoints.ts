/** Reads and writes checkpoints with DuckDB, whose MAP and LIST layout equals Spark's. */

import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance, quotedIdentifier, quotedString } from '@duckdb/node-api';
import { makeScratchFolder } from '../base/scratch-folder.ts';
import type { CheckpointFormat } from '../delta/checkpoint/checkpoint-format.ts';
import { CHECKPOINT_FIELDS, type CheckpointType } from '../delta/checkpoint/checkpoint-schema.ts';
import type { Action } from '../delta/log/actions.ts';
import { parseJson, stringifyJson } from '../delta/log/json.ts';
import { actionsOfRow } from './checkpoint-rows.ts';
import { quotedFile } from './parquet-list.ts';

const DUCKDB_TYPES = {
  string: 'VARCHAR',
  long: 'BIGINT',
  integer: 'INTEGER',
  boolean: 'BOOLEAN',
  map: 'MAP(VARCHAR, VARCHAR)',
  list: 'VARCHAR[]',
} as const;

/** Action → DuckDB's type of its column. */
export const CHECKPOINT_COLUMNS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(CHECKPOINT_FIELDS).map(([action, fields]) => [action, duckdbType(fields)]),
);

export const DUCKDB_CHECKPOINTS: CheckpointFormat = {
  readActions(bytes, name) {
    return withScratch(async (connection, folder) => {
      const path = join(folder, 'checkpoint.parquet');
      await writeFile(path, bytes);
      const reader = await connection.runAndReadAll(
        `SELECT to_json(checkpoint)::VARCHAR FROM read_parquet(${quotedFile(path)}, hive_partitioning = false) AS checkpoint`,
      );
      return reader
        .getRows()
        .flatMap(([line]) => actionsOfRow(parseJson(String(line)) as Record<string, unknown>, name));
    });
  },
  encode,
};

async function encode(actions: readonly Action[]): Promise<Uint8Array> {
  const lines = actions.map((action) => `${stringifyJson(action)}\n`);
  // DuckDB takes twice this much memory at once; a schema or statistics of many columns make a long line.
  const longest = lines.reduce((length, line) => Math.max(length, Buffer.byteLength(line)), 2 ** 20);
  const columns = Object.entries(CHECKPOINT_COLUMNS).map(([name, type]) => `${name}: ${quotedString(type)}`);
  return withScratch(async (connection, folder) => {
    const [json, path] = [join(folder, 'actions.json'), join(folder, 'checkpoint.parquet')];
    await writeFile(json, lines.join(''));
    await connection.run(
      `COPY (SELECT * FROM read_json(${quotedFile(json)}, format = 'newline_delimited', maximum_object_size = ${longest}, columns = {${columns.join(', ')}})) TO ${quotedString(path)} (FORMAT parquet, COMPRESSION snappy, PARQUET_VERSION V1)`,
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

function duckdbType(type: CheckpointType): string {
  if (typeof type === 'string') return DUCKDB_TYPES[type];
  const fields = Object.entries(type).map(
    ([name, inner]) => `${quotedIdentifier(name)} ${duckdbType(inner)}`,
  );
  return `STRUCT(${fields.join(', ')})`;
}
