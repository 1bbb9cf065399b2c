/**
 * A table for people: columns fit the terminal, numbers stand right, wide characters and emoji align, control
 * characters are made visible. Widths come from the first rows; the rest streams.
 */
import stringWidth from 'string-width';
import { printable } from '../../printable.ts';
import { type JsonValue, toText } from './json-value.ts';
import type { Row, RowWriter } from './row-writer.ts';
import type { Sink } from './sink.ts';

export interface TableOptions {
  /** Columns of the terminal; undefined shows every cell whole. */
  readonly width: number | undefined;
}

/** Rows whose width is measured. */
const MEASURED_ROWS = 500;
const MIN_COLUMN_WIDTH = 6;
const MAX_CELL_CHARS = 10_000;
const GAP = '  ';

export function tableWriter(columns: readonly string[], sink: Sink, { width }: TableOptions): RowWriter {
  let pending: Row[] = [];
  let widths: readonly number[] | undefined;
  const flush = async () => {
    if (widths === undefined) {
      widths = fitted(naturalWidths(columns, pending), width);
      const rule = widths.map((count) => '─'.repeat(count)).join(GAP);
      await sink.write(`${line(columns, widths, [])}\n${rule}\n`);
    }
    const fixed = widths;
    await sink.write(pending.map((row) => `${line(row.map(shown), fixed, row)}\n`).join(''));
    pending = [];
  };
  return {
    async rows(rows) {
      pending.push(...rows);
      if (pending.length >= MEASURED_ROWS) await flush();
    },
    end: flush,
  };
}

function naturalWidths(columns: readonly string[], rows: readonly Row[]): number[] {
  return columns.map((name, index) =>
    rows.reduce((widest, row) => Math.max(widest, stringWidth(shown(row[index] ?? null))), stringWidth(name)),
  );
}

/** Takes from the widest column until the line fits. */
function fitted(widths: readonly number[], width: number | undefined): number[] {
  const fitting = [...widths];
  if (width === undefined) return fitting;
  const gaps = GAP.length * (widths.length - 1);
  for (;;) {
    const excess = fitting.reduce((sum, count) => sum + count, gaps) - width;
    const widest = Math.max(...fitting);
    if (excess <= 0 || widest <= MIN_COLUMN_WIDTH) return fitting;
    fitting[fitting.indexOf(widest)] = Math.max(
      MIN_COLUMN_WIDTH,
      widest - Math.max(1, Math.min(excess, Math.floor(widest / 4))),
    );
  }
}

function line(cells: readonly string[], widths: readonly number[], values: Row): string {
  return cells
    .map((cell, index) => {
      const width = widths[index] ?? 0;
      const cut = stringWidth(cell) > width ? cutMiddle(cell, width) : cell;
      const space = ' '.repeat(Math.max(0, width - stringWidth(cut)));
      return typeof values[index] === 'number' ? space + cut : cut + space;
    })
    .join(GAP)
    .trimEnd();
}

/** Keeps the beginning and the end of a text that is too wide. */
function cutMiddle(text: string, width: number): string {
  const characters = [...text];
  let head = '';
  let tail = '';
  for (let i = 0, j = characters.length - 1; i < j; i++, j--) {
    const longer = head + characters[i];
    if (stringWidth(longer) + stringWidth(tail) + 1 > width) break;
    head = longer;
    const longerTail = characters[j] + tail;
    if (stringWidth(head) + stringWidth(longerTail) + 1 > width) break;
    tail = longerTail;
  }
  return `${head}…${tail}`;
}

function shown(value: JsonValue): string {
  return value === null ? 'NULL' : printable(toText(value), MAX_CELL_CHARS);
}
