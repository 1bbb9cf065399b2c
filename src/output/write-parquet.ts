/** A result as Parquet: DuckDB writes it beside its spill files, then it goes where it was asked for. */
import { createReadStream } from 'node:fs';
import {
  type DuckDBConnection,
  type DuckDBPreparedStatement,
  quotedIdentifier,
  quotedString,
} from '@duckdb/node-api';
import { messageOf } from '../base/errors.ts';
import { splitStatements } from '../base/split-statements.ts';
import { uniqueNames } from './column-names.ts';
import { parquetType } from './parquet-type.ts';
import type { Sink } from './sink.ts';
import { MAX_DIGITS, tooManyDigits } from './widest-decimal.ts';

const TOO_WIDE = new RegExp(`^Conversion Error: .*value (-?\\d+) .*DECIMAL\\(${MAX_DIGITS},0\\)`);

export interface ParquetSource {
  readonly connection: DuckDBConnection;
  /** A file that the connection may write, removed with what it belongs to. */
  readonly resultFile: string;
}

/** @throws LakeError QUERY_FAILED for an integer of more digits than Parquet has; DuckDB's errors. */
export async function writeParquet(
  { connection, resultFile }: ParquetSource,
  statement: DuckDBPreparedStatement,
  sql: string,
  sink: Sink,
): Promise<void> {
  const columns = Array.from({ length: statement.columnCount }, (_, index) => index);
  const names = uniqueNames(columns.map((index) => statement.columnName(index))).map(quotedIdentifier);
  const casts = columns.map((index) => {
    const type = statement.columnType(index);
    const wanted = parquetType(type);
    const name = names[index] ?? '';
    return wanted === type.toString() ? name : `CAST(${name} AS ${wanted}) AS ${name}`;
  });
  const [query = sql] = splitStatements(`${sql}\n;`).statements;
  await connection
    .run(
      `COPY (SELECT ${casts.join(', ')} FROM (${query}\n) AS result(${names.join(', ')})) TO ${quotedString(resultFile)} (FORMAT parquet, COMPRESSION zstd)`,
    )
    .catch((error: unknown) => {
      const [, number] = TOO_WIDE.exec(messageOf(error)) ?? [];
      throw number === undefined ? error : tooManyDigits(number, error);
    });
  for await (const bytes of createReadStream(resultFile, { highWaterMark: 2 ** 20 })) await sink.write(bytes);
}
