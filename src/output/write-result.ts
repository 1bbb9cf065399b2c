/** Runs a checked statement and writes its rows in the format that the flags mean. */
import { createReadStream } from 'node:fs';
import { type DuckDBDataChunk, type DuckDBPreparedStatement, quotedString } from '@duckdb/node-api';
import type { Flags } from '../cli/context.ts';
import { interruptible } from '../cli/interruptible.ts';
import type { Io } from '../cli/io.ts';
import { type ProgressDisplay, showProgress } from '../cli/progress.ts';
import type { LakeSession } from '../query/session/lake-session.ts';
import { toJson } from './cell.ts';
import { chooseFormat, type Format, isFile } from './format.ts';
import { openRowWriter } from './open-row-writer.ts';
import { withSink } from './sink.ts';

export interface ResultRequest {
  readonly session: LakeSession;
  readonly statement: DuckDBPreparedStatement;
  readonly sql: string;
  readonly flags: Flags;
  readonly io: Io;
  readonly signal: AbortSignal;
}

/** @returns how many rows were written; undefined for Parquet. @throws LakeError QUERY_FAILED, SQL_…, USAGE. */
export async function writeResult(request: ResultRequest): Promise<number | undefined> {
  const { io, flags, session, signal } = request;
  const format = chooseFormat(flags, io.stdout.isTTY === true);
  const progress = showProgress(io, () => {
    // What DuckDB guesses, in percent; less than 0 when it cannot tell. Its counts of rows are those of files.
    const { percentage } = session.connection.progress;
    return { share: percentage < 0 ? undefined : percentage / 100 };
  });
  try {
    return await interruptible(session, signal, () =>
      format === 'parquet' ? writeParquet(request) : writeRows(request, format, progress),
    );
  } finally {
    progress.stop();
  }
}

async function writeRows(
  { statement, flags, io }: ResultRequest,
  format: Format,
  progress: ProgressDisplay,
): Promise<number> {
  const result = await statement.stream();
  const names = result.deduplicatedColumnNames();
  let rowCount = 0;
  const chunks = async function* (): AsyncGenerator<DuckDBDataChunk> {
    for (;;) {
      const chunk = await result.fetchChunk();
      // Rows on the terminal show by themselves that it goes on.
      if (!isFile(flags)) progress.stop();
      if (!chunk || chunk.rowCount === 0) return;
      rowCount += chunk.rowCount;
      yield chunk;
    }
  };
  await withSink(flags, io, async (sink) => {
    if (format === 'arrow') {
      const { arrowWriter } = await import('./arrow-writer.ts');
      const writer = arrowWriter(names, result.columnTypes(), sink);
      for await (const chunk of chunks()) await writer.batch(chunk.getColumns(), chunk.rowCount);
      await writer.end();
    } else {
      const writer = await openRowWriter(format, names, sink, flags, io);
      for await (const chunk of chunks()) await writer.rows(chunk.getRows().map((row) => row.map(toJson)));
      await writer.end();
    }
  });
  return rowCount;
}

/** DuckDB writes it beside its spill files; then it goes where it was asked for. */
async function writeParquet({ session, sql, flags, io }: ResultRequest): Promise<undefined> {
  const file = session.resultFile;
  const query = sql.replace(/[;\s]+$/, '');
  await session.connection.run(
    `COPY (${query}\n) TO ${quotedString(file)} (FORMAT parquet, COMPRESSION zstd)`,
  );
  await withSink(flags, io, async (sink) => {
    for await (const bytes of createReadStream(file, { highWaterMark: 2 ** 20 })) await sink.write(bytes);
  });
}
