/** Runs a checked statement and writes its rows in the format that was asked for. */
import type { DuckDBDataChunk, DuckDBPreparedStatement } from '@duckdb/node-api';
import { toJson } from './cell.ts';
import { arrowForm, chooseFormat } from './choose-format.ts';
import { uniqueNames } from './column-names.ts';
import type { Format } from './format.ts';
import { openRowWriter } from './open-row-writer.ts';
import { fileOf, type OutputOptions, type OutputTarget } from './output-options.ts';
import type { Sink } from './sink.ts';
import { withSink } from './with-sink.ts';
import { type ParquetSource, writeParquet } from './write-parquet.ts';

export interface ResultRequest {
  readonly source: ParquetSource;
  readonly statement: DuckDBPreparedStatement;
  readonly sql: string;
  readonly options: OutputOptions;
  readonly target: OutputTarget;
  /** Rows are about to be shown: nothing else may be drawn on the terminal from now on. */
  readonly onShow?: () => void;
}

/** @returns how many rows were written; undefined for Parquet. @throws LakeError USAGE, DISK_FULL; DuckDB's errors. */
export async function writeResult(request: ResultRequest): Promise<number | undefined> {
  const { options, target, source, statement, sql } = request;
  const format = chooseFormat(options, target);
  return withSink<number | undefined>(options, target, async (sink) => {
    if (format !== 'parquet') return writeRows(request, format, sink);
    await writeParquet(source, statement, sql, sink);
    return undefined;
  });
}

async function writeRows(
  { statement, options, target, onShow }: ResultRequest,
  format: Format,
  sink: Sink,
): Promise<number> {
  const result = await statement.stream();
  const names = uniqueNames(result.columnNames());
  let rowCount = 0;
  const chunks = async function* (): AsyncGenerator<DuckDBDataChunk> {
    for (;;) {
      const chunk = await result.fetchChunk();
      if (fileOf(options) === undefined) onShow?.();
      if (!chunk || chunk.rowCount === 0) return;
      rowCount += chunk.rowCount;
      yield chunk;
    }
  };
  if (format === 'arrow') {
    const { arrowWriter } = await import('./arrow-writer.ts');
    const writer = arrowWriter(names, result.columnTypes(), sink, arrowForm(options));
    for await (const chunk of chunks()) await writer.batch(chunk.getColumns(), chunk.rowCount);
    await writer.end();
  } else {
    const writer = await openRowWriter(format, names, sink, options, target);
    for await (const chunk of chunks()) await writer.rows(chunk.getRows().map((row) => row.map(toJson)));
    await writer.end();
  }
  return rowCount;
}
