/** Rows of the program's own as Parquet or Arrow: DuckDB takes them as text, and then they are a result like others. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance, quotedIdentifier } from '@duckdb/node-api';
import { makeScratchFolder } from '../base/scratch-folder.ts';
import type { ColumnKind, Columns } from './columns.ts';
import { toText } from './json-value.ts';
import type { OutputOptions, OutputTarget } from './output-options.ts';
import type { Row } from './row-writer.ts';
import { writeResult } from './write-result.ts';

const SQL_TYPES: Readonly<Record<ColumnKind, string>> = {
  text: 'VARCHAR',
  name: 'VARCHAR',
  prose: 'VARCHAR',
  integer: 'BIGINT',
  float: 'DOUBLE',
  boolean: 'BOOLEAN',
  time: 'TIMESTAMPTZ',
};

/** @throws LakeError USAGE, DISK_FULL. */
export async function writeBinaryRows(
  options: OutputOptions,
  target: OutputTarget,
  columns: Columns,
  rows: readonly Row[],
): Promise<void> {
  const scratch = await makeScratchFolder([]);
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: '256MiB' });
  const connection = await instance.connect();
  try {
    await connection.run("SET TimeZone = 'UTC'");
    const names = Object.keys(columns).map(quotedIdentifier);
    await connection.run(`CREATE TABLE rows (${names.map((name) => `${name} VARCHAR`).join(', ')})`);
    const appender = await connection.createAppender('rows');
    for (const row of rows) {
      for (const cell of row) {
        if (cell === null) appender.appendNull();
        else appender.appendVarchar(toText(cell));
      }
      appender.endRow();
    }
    appender.closeSync();
    const kinds = Object.values(columns);
    const casts = names.map((name, index) => `${name}::${SQL_TYPES[kinds[index] ?? 'text']} AS ${name}`);
    const sql = `SELECT ${casts.join(', ')} FROM rows`;
    const statement = await connection.prepare(sql);
    const source = { connection, resultFile: join(scratch, 'result.parquet') };
    await writeResult({ source, statement, sql, options, target });
  } finally {
    connection.closeSync();
    instance.closeSync();
    await rm(scratch, { recursive: true, force: true });
  }
}
