/** Picks the writer of a text format. */
import { printable } from '../base/printable.ts';
import type { Flags } from '../cli/context.ts';
import type { Io } from '../cli/io.ts';
import type { Fit } from './column-widths.ts';
import { type Format, isFile } from './format.ts';
import type { RowWriter } from './row-writer.ts';
import { type Sink, terminalSink } from './sink.ts';
import { csvWriter, jsonWriter, markdownWriter, ndjsonWriter } from './text-writers.ts';

export async function openRowWriter(
  format: Format,
  columns: readonly string[],
  sink: Sink,
  flags: Flags,
  io: Io,
  fit: Readonly<Record<string, Fit>> = {},
): Promise<RowWriter> {
  const isShown = io.stdout.isTTY === true && !isFile(flags);
  const safe = isShown ? terminalSink(sink) : sink;
  switch (format) {
    case 'json':
      return jsonWriter(columns, safe);
    case 'csv':
      return csvWriter(columns, safe);
    case 'markdown':
      return markdownWriter(columns, safe);
    case 'table': {
      const width = isShown && flags.truncate !== false ? io.stdout.columns || 80 : undefined;
      // They know the width of every character, which takes its time to load.
      const { tableWriter } = await import('./table-writer.ts');
      const { wrapText } = await import('./wrap-text.ts');
      const onLeftOut = (names: readonly string[]) => {
        const text = `no room for ${printable(names.join(', '), 500)}: \`--no-truncate\` shows all`;
        io.say(wrapText(text, io.stderr.columns || 80).join('\n'));
      };
      return tableWriter(columns, sink, { width, unicode: io.unicode, fit, onLeftOut });
    }
    default:
      return ndjsonWriter(columns, safe);
  }
}
