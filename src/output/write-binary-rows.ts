/** Rows of the program's own as Parquet or Arrow: DuckDB takes them as text, and then they are a result like others. */
import { quotedIdentifier } from '@duckdb/node-api';
import type { Flags } from '../cli/context.ts';
import type { Io } from '../cli/io.ts';
import type { ColumnKind, Columns } from '../cli/print-rows.ts';
import { LakeSession } from '../query/session/lake-session.ts';
import { toText } from './json-value.ts';
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
const MEMORY_BYTES = 256 * 2 ** 20;

/** @throws LakeError USAGE, DISK_FULL. */
export async function writeBinaryRows(
  io: Io,
  flags: Flags,
  columns: Columns,
  rows: readonly Row[],
): Promise<void> {
  const session = await LakeSession.start(MEMORY_BYTES);
  try {
    const { connection } = session;
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
    await writeResult({ session, statement, sql, flags, io, signal: new AbortController().signal });
  } finally {
    await session.close();
  }
}
