/** Prints rows that the program made itself (settings, tables, checks) in the text formats. */
import { LakeError } from '../errors.ts';
import type { Flags } from './context.ts';
import type { Io } from './io.ts';
import { chooseFormat, isFile } from './output/format.ts';
import type { JsonValue } from './output/json-value.ts';
import { openRowWriter } from './output/open-row-writer.ts';
import { fileSink, streamSink } from './output/sink.ts';

export async function printRows(
  io: Io,
  flags: Flags,
  rows: readonly Readonly<Record<string, JsonValue>>[],
): Promise<void> {
  const format = chooseFormat(flags, io.stdout.isTTY === true);
  if (format === 'parquet' || format === 'arrow') {
    throw new LakeError('USAGE', `this command does not print ${format}`, {
      hint: 'use `--json`, or `read --sql` for data',
    });
  }
  const columns = Object.keys(rows[0] ?? {});
  const sink = isFile(flags) ? await fileSink(String(flags.output)) : streamSink(io.stdout);
  const writer = await openRowWriter(format, columns, sink, flags, io);
  await writer.rows(rows.map((row) => columns.map((column) => row[column] ?? null)));
  await writer.end();
  await sink.end();
}
