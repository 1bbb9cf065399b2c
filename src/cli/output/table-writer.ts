/**
 * A table for people: columns fit the terminal, numbers stand right, wide characters and emoji align, control
 * characters are made visible. Widths come from the first rows; the rest streams, and widens columns where it has to.
 */
import stringWidth from 'string-width';
import { printable } from '../../printable.ts';
import { type JsonValue, toText } from './json-value.ts';
import type { Row, RowWriter } from './row-writer.ts';
import type { Sink } from './sink.ts';

export interface TableOptions {
  /** Columns of the terminal; undefined shows every cell whole. */
  readonly width: number | undefined;
  /** Rules and cuts in box characters; plain ASCII without. */
  readonly unicode: boolean;
  /** Columns whose text is never cut. */
  readonly whole?: readonly string[];
}

/** Rows whose width is measured. */
const MEASURED_ROWS = 500;
const MIN_COLUMN_WIDTH = 6;
/** The first column names the row. */
const MIN_FIRST_WIDTH = 16;
const TIME = /^\d{4}-\d\d-\d\dT/;
/** To the minute, and the mark that more follows. */
const TIME_WIDTH = 17;
const MAX_CELL_CHARS = 10_000;
const GAP = '  ';

export function tableWriter(columns: readonly string[], sink: Sink, options: TableOptions): RowWriter {
  const [dash, cutMark] = options.unicode ? ['─', '…'] : ['-', '~'];
  let pending: Row[] = [];
  let widths: readonly number[] | undefined;
  const flush = async () => {
    const columnsNow = measured(columns, pending, options.whole ?? []);
    if (widths) widths = grown(widths, columnsNow, options.width);
    else {
      widths = fitted(columnsNow, options.width);
      const rule = widths.map((count) => dash.repeat(count)).join(GAP);
      await sink.write(`${line(columns, widths, [], cutMark)}\n${rule}\n`);
    }
    const fixed = widths;
    await sink.write(pending.map((row) => `${line(row.map(shown), fixed, row, cutMark)}\n`).join(''));
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

interface Measured {
  width: number;
  /** Width without the name: names are cut before cells are. */
  readonly cells: number;
  /** Numbers are never cut: half a number is a wrong one. */
  readonly numbers: number;
  readonly least: number;
}

function measured(columns: readonly string[], rows: readonly Row[], whole: readonly string[]): Measured[] {
  return columns.map((name, index) => {
    const column = rows.map((row) => row[index] ?? null);
    const cells = widest(column);
    const width = Math.max(cells, widthOf(name));
    const times = column.some((cell) => typeof cell === 'string' && TIME.test(cell)) ? TIME_WIDTH : 0;
    const numbers = widest(column.filter((cell) => typeof cell === 'number'));
    const texts = index === 0 ? MIN_FIRST_WIDTH : MIN_COLUMN_WIDTH;
    const least = whole.includes(name) ? width : Math.max(numbers, times, texts);
    return { width, cells, numbers, least: Math.min(width, least) };
  });
}

function widest(cells: readonly JsonValue[]): number {
  return cells.reduce<number>((most, cell) => Math.max(most, widthOf(shown(cell))), 0);
}

/** For more rows: room for every number, and for other cells as far as the terminal has it. */
function grown(widths: readonly number[], columns: readonly Measured[], limit: number | undefined): number[] {
  let room = limit === undefined ? Number.POSITIVE_INFINITY : limit - lineWidth(widths);
  return widths.map((width, index) => {
    const { numbers = 0, cells = 0 } = columns[index] ?? {};
    const grownWidth = Math.max(width, numbers, Math.min(cells, width + Math.max(0, room)));
    room -= grownWidth - width;
    return grownWidth;
  });
}

function lineWidth(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1));
}

/** Takes from the widest column until the line fits; columns for which there is no room at all are left out. */
function fitted(columns: readonly Measured[], width: number | undefined): number[] {
  if (width === undefined) return columns.map((column) => column.width);
  let count = columns.length;
  const room = () => (count < columns.length ? width - GAP.length - 1 : width);
  while (count > 1 && lineWidth(columns.slice(0, count).map(({ least }) => least)) > room()) count--;
  const fitting = columns.slice(0, count).map((column) => ({ ...column }));
  const widestOf = (some: readonly Measured[]) => [...some].sort((a, b) => b.width - a.width)[0];
  for (;;) {
    const excess = lineWidth(fitting.map((column) => column.width)) - room();
    const give = fitting.filter((column) => column.width > column.least);
    const chosen = widestOf(give.filter((column) => column.width > column.cells)) ?? widestOf(give);
    if (excess <= 0 || chosen === undefined) return fitting.map((column) => column.width);
    chosen.width -= 1;
  }
}

/** A mark at its end tells of columns that were left out. */
function line(cells: readonly string[], widths: readonly number[], values: Row, cutMark: string): string {
  const text = widths
    .map((width, index) => {
      const cell = cells[index] ?? '';
      const cut = widthOf(cell) > width ? cutMiddle(cell, width, cutMark) : cell;
      const space = ' '.repeat(Math.max(0, width - widthOf(cut)));
      return typeof values[index] === 'number' ? space + cut : cut + space;
    })
    .join(GAP);
  return widths.length < cells.length ? `${text}${GAP}${cutMark}` : text.trimEnd();
}

/** Keeps the beginning and the end of a text that is too wide; of a time the beginning. */
function cutMiddle(text: string, width: number, cutMark: string): string {
  if (TIME.test(text)) return text.slice(0, width - 1) + cutMark;
  const characters = [...text];
  let head = '';
  let tail = '';
  for (let i = 0, j = characters.length - 1; i < j; i++, j--) {
    const longer = head + characters[i];
    if (widthOf(longer) + widthOf(tail) + 1 > width) break;
    head = longer;
    const longerTail = characters[j] + tail;
    if (widthOf(head) + widthOf(longerTail) + 1 > width) break;
    tail = longerTail;
  }
  return `${head}${cutMark}${tail}`;
}

const ASCII = /^[ -~]*$/;

/** Columns that a text takes. Most of it is ASCII, for which the long way takes most of the time. */
function widthOf(text: string): number {
  return ASCII.test(text) ? text.length : stringWidth(text);
}

function shown(value: JsonValue): string {
  return value === null ? 'NULL' : printable(toText(value), MAX_CELL_CHARS);
}
