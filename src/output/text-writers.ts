/** JSON, NDJSON, CSV (RFC 4180) and Markdown: written as rows come, in constant memory. */
import { toText } from './json-value.ts';
import type { Row, RowWriter } from './row-writer.ts';
import type { Sink } from './sink.ts';

export function ndjsonWriter(columns: readonly string[], sink: Sink): RowWriter {
  const record = recordWriter(columns);
  return {
    rows: (rows) => sink.write(rows.map((row) => `${record(row)}\n`).join('')),
    end: async () => undefined,
  };
}

export function jsonWriter(columns: readonly string[], sink: Sink): RowWriter {
  const record = recordWriter(columns);
  let isFirst = true;
  return {
    async rows(rows) {
      if (rows.length === 0) return;
      const records = rows.map((row) => `  ${record(row)}`);
      await sink.write(`${isFirst ? '[\n' : ',\n'}${records.join(',\n')}`);
      isFirst = false;
    },
    end: () => sink.write(isFirst ? '[]\n' : '\n]\n'),
  };
}

export function csvWriter(columns: readonly string[], sink: Sink): RowWriter {
  const header = sink.write(`${columns.map(csvCell).join(',')}\n`);
  return {
    async rows(rows) {
      await header;
      await sink.write(rows.map(csvLine).join(''));
    },
    end: () => header,
  };
}

export function markdownWriter(columns: readonly string[], sink: Sink): RowWriter {
  const line = (cells: readonly string[]) => `| ${cells.map(markdownCell).join(' | ')} |\n`;
  const header = sink.write(`${line(columns)}|${columns.map(() => '---|').join('')}\n`);
  return {
    async rows(rows) {
      await header;
      await sink.write(rows.map((row) => line(row.map(toText))).join(''));
    },
    end: () => header,
  };
}

function recordWriter(columns: readonly string[]): (row: Row) => string {
  const keys = columns.map((column) => `${JSON.stringify(column)}:`);
  return (row) => `{${keys.map((key, index) => key + JSON.stringify(row[index] ?? null)).join(',')}}`;
}

/** A single empty cell is quoted, as by Python: readers pass over blank lines. */
function csvLine(row: Row): string {
  return `${row.map((cell) => csvCell(toText(cell))).join(',') || '""'}\n`;
}

function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function markdownCell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/\r?\n/g, ' ');
}
