/** Prints rows that the program made itself (settings, tables, checks), in every format in which `read` prints. */

import { chooseFormat } from '../output/choose-format.ts';
import type { Fit } from '../output/column-widths.ts';
import type { Columns, RowOf } from '../output/columns.ts';
import { isBinary } from '../output/format.ts';
import { openRowWriter } from '../output/open-row-writer.ts';
import { withSink } from '../output/with-sink.ts';
import type { Flags } from './context.ts';
import type { Io } from './io.ts';
import { outputOptions } from './output-flags.ts';

/** @throws LakeError USAGE, DISK_FULL. */
export async function printRows<C extends Columns>(
  io: Io,
  flags: Flags,
  columns: C,
  rows: readonly RowOf<C>[],
): Promise<void> {
  const options = outputOptions(flags);
  const format = chooseFormat(options, io);
  const names = Object.keys(columns);
  const cells = rows.map((row) => names.map((name) => row[name] ?? null));
  if (isBinary(format)) {
    const { writeBinaryRows } = await import('../output/write-binary-rows.ts');
    return writeBinaryRows(options, io, columns, cells);
  }
  if (format === 'table' && rows.length === 0) return;
  await withSink(options, io, async (sink) => {
    const writer = await openRowWriter(format, names, sink, options, io, fitOf(columns));
    await writer.rows(cells);
    await writer.end();
  });
}

function fitOf(columns: Columns): Readonly<Record<string, Fit>> {
  return Object.fromEntries(
    Object.entries(columns).flatMap(([name, kind]): [string, Fit][] =>
      kind === 'name' ? [[name, 'whole']] : kind === 'prose' ? [[name, 'wrap']] : [],
    ),
  );
}

/** Whether a form was chosen, by commands that otherwise talk to a person. */
export function asksForFormat({ json, format, output }: Flags): boolean {
  return json === true || format !== undefined || output !== undefined;
}
