/** Picks the writer of a text format. */
import { printable } from '../base/printable.ts';
import type { Fit } from './column-widths.ts';
import type { Format } from './format.ts';
import { isShown, type OutputOptions, type OutputTarget } from './output-options.ts';
import type { RowWriter } from './row-writer.ts';
import { type Sink, terminalSink } from './sink.ts';
import { csvWriter, jsonWriter, markdownWriter, ndjsonWriter } from './text-writers.ts';

const MAX_NAME_CHARS = 200;

export async function openRowWriter(
  format: Format,
  columns: readonly string[],
  sink: Sink,
  options: OutputOptions,
  target: OutputTarget,
  fit: Readonly<Record<string, Fit>> = {},
): Promise<RowWriter> {
  const toTerminal = isShown(options, target);
  const safe = toTerminal ? terminalSink(sink) : sink;
  switch (format) {
    case 'json':
      return jsonWriter(columns, safe);
    case 'csv':
      return csvWriter(columns, safe);
    case 'markdown':
      return markdownWriter(columns, safe);
    case 'table': {
      const width = toTerminal && options.truncate ? target.stdout.columns || 80 : undefined;
      // They know the width of every character, which takes its time to load.
      const { tableWriter } = await import('./table-writer.ts');
      const { wrapText } = await import('./wrap-text.ts');
      const onLeftOut = (names: readonly string[]) => {
        const text = `no room for ${printable(names.join(', '), 500)}: \`--no-truncate\` shows all`;
        target.say(wrapText(text, target.stderr.columns || 80).join('\n'));
      };
      // A name comes from outside, as a cell does.
      const names = columns.map((name) => printable(name, MAX_NAME_CHARS));
      return tableWriter(names, sink, { width, unicode: target.unicode, fit, onLeftOut });
    }
    default:
      return ndjsonWriter(columns, safe);
  }
}
