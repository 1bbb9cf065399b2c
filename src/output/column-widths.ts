/** How wide the columns of a table are: all they need where there is room, else as little as they can do with. */
import type { JsonValue } from './json-value.ts';
import type { Row } from './row-writer.ts';
import { widthOf } from './text-width.ts';

/** What a narrow terminal may do to a column's text: nothing, or break it between words. Else its middle is cut. */
export type Fit = 'whole' | 'wrap';

export interface MeasuredColumn {
  readonly width: number;
  /** Width without the name: names are broken before cells are cut. */
  readonly cells: number;
  /** Half a number or time is a wrong one. */
  readonly exact: number;
  readonly least: number;
}

export const GAP = '  ';
const MIN_TEXT_WIDTH = 10;
/** The first column names the row. */
const MIN_FIRST_WIDTH = 16;
const MIN_WRAP_WIDTH = 24;
const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z?$/;

export function measured(
  columns: readonly string[],
  rows: readonly Row[],
  shown: (value: JsonValue) => string,
  fit: Readonly<Record<string, Fit>>,
): MeasuredColumn[] {
  const widest = (cells: readonly JsonValue[]) =>
    cells.reduce<number>((most, cell) => Math.max(most, widthOf(shown(cell))), 0);
  return columns.map((name, index) => {
    const column = rows.map((row) => row[index] ?? null);
    const cells = widest(column);
    const width = Math.max(cells, widthOf(name));
    const exact = widest(column.filter(isExact));
    const texts = { whole: cells, wrap: MIN_WRAP_WIDTH, cut: index === 0 ? MIN_FIRST_WIDTH : MIN_TEXT_WIDTH };
    const pieces = Math.max(...piecesOf(name).map(widthOf));
    return {
      width,
      cells,
      exact,
      least: Math.min(width, Math.max(exact, pieces, Math.min(texts[fit[name] ?? 'cut'], cells))),
    };
  });
}

function isExact(cell: JsonValue): boolean {
  return typeof cell === 'number' || (typeof cell === 'string' && TIME.test(cell));
}

/** Takes from the widest column until the line fits; columns for which there is no room at all are left out. */
export function fitted(columns: readonly MeasuredColumn[], width: number | undefined): number[] {
  if (width === undefined) return columns.map((column) => column.width);
  let count = columns.length;
  const room = () => (count < columns.length ? width - GAP.length - 1 : width);
  while (count > 1 && lineWidth(columns.slice(0, count).map(({ least }) => least)) > room()) count--;
  const fitting = columns.slice(0, count).map((column) => ({ ...column }));
  const widestOf = (some: readonly MeasuredColumn[]) => [...some].sort((a, b) => b.width - a.width)[0];
  for (;;) {
    const excess = lineWidth(fitting.map((column) => column.width)) - room();
    const give = fitting.filter((column) => column.width > column.least);
    const chosen = widestOf(give.filter((column) => column.width > column.cells)) ?? widestOf(give);
    if (excess <= 0 || chosen === undefined) return fitting.map((column) => column.width);
    Object.assign(chosen, { width: chosen.width - 1 });
  }
}

/** For more rows: room for what must not be cut, and for other cells as far as the terminal has it. */
export function grown(
  widths: readonly number[],
  columns: readonly MeasuredColumn[],
  limit: number | undefined,
): number[] {
  let room = limit === undefined ? Number.POSITIVE_INFINITY : limit - lineWidth(widths);
  return widths.map((width, index) => {
    const { exact = 0, cells = 0 } = columns[index] ?? {};
    const grownWidth = Math.max(width, exact, Math.min(cells, width + Math.max(0, room)));
    room -= grownWidth - width;
    return grownWidth;
  });
}

export function lineWidth(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1));
}

/** A name in as few lines as it takes, broken behind `_` and spaces. */
export function nameLines(name: string, width: number): string[] {
  const lines: string[] = [];
  for (const piece of piecesOf(name)) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(last + piece.trimEnd()) <= width)
      lines[lines.length - 1] = last + piece;
    else lines.push(piece);
  }
  return lines.map((line) => line.trimEnd());
}

function piecesOf(name: string): string[] {
  return name.split(/(?<=[_ ])/);
}
