/**
 * A table for people: columns fit the terminal, numbers stand right, wide characters and emoji align, control
 * characters are made visible. Widths come from the first rows; the rest streams, and widens columns where it has to.
 * Where most columns have no room each row becomes a list of its own.
 */
import { printable } from '../base/printable.ts';
import { type Fit, fitted, GAP, grown, measured, nameLines } from './column-widths.ts';
import { type JsonValue, toText } from './json-value.ts';
import type { Row, RowWriter } from './row-writer.ts';
import type { Sink } from './sink.ts';
import { cutMiddle, widthOf } from './text-width.ts';
import { wrapText } from './wrap-text.ts';

export interface TableOptions {
  /** Columns of the terminal; undefined shows every cell whole. */
  readonly width: number | undefined;
  /** Rules and cuts in box characters; plain ASCII without. */
  readonly unicode: boolean;
  /** By the names of columns. */
  readonly fit?: Readonly<Record<string, Fit>>;
  /** Called with the columns that have no room, after the last row. */
  readonly onLeftOut?: (names: readonly string[]) => void;
}

/** Rows whose width is measured. */
const MEASURED_ROWS = 500;
const MAX_CELL_CHARS = 10_000;
/** Of a cell in a list. */
const MAX_LINES = 4;

export function tableWriter(columns: readonly string[], sink: Sink, options: TableOptions): RowWriter {
  const { width, unicode, fit = {}, onLeftOut } = options;
  const [dash, cutMark] = unicode ? ['─', '…'] : ['-', '~'];
  let pending: Row[] = [];
  let widths: readonly number[] | undefined;
  let isList = false;
  let listed = 0;

  /** Half of the columns may be enough, but not where what is said in sentences is missing. */
  const isPoor = (count: number) =>
    count < columns.length / 2 || (count === columns.length / 2 && fit[columns[count] ?? ''] === 'wrap');

  const flush = async () => {
    const columnsNow = measured(columns, pending, shown, fit);
    if (widths) widths = grown(widths, columnsNow, width);
    else {
      widths = fitted(columnsNow, width);
      isList = pending.length > 0 && isPoor(widths.length);
      if (!isList) await sink.write(`${heading(widths)}\n`);
    }
    const fixed = widths;
    await sink.write(pending.map((row) => (isList ? list(row) : line(row, fixed))).join(''));
    pending = [];
  };

  const heading = (now: readonly number[]) => {
    const names = now.map((columnWidth, index) => nameLines(columns[index] ?? '', columnWidth));
    const height = Math.max(...names.map(({ length }) => length));
    // Names stand on the rule.
    const cells = names.map((lines) => [...new Array<string>(height - lines.length).fill(''), ...lines]);
    return `${joined(cells, now, [])}${now.map((columnWidth) => dash.repeat(columnWidth)).join(GAP)}`;
  };

  const line = (row: Row, now: readonly number[]) => {
    const cells = now.map((columnWidth, index) => {
      const text = shown(row[index] ?? null);
      if (widthOf(text) <= columnWidth) return [text];
      if (fit[columns[index] ?? ''] === 'wrap') return wrapText(text, columnWidth);
      return [cutMiddle(text, columnWidth, cutMark)];
    });
    return joined(cells, now, row);
  };

  /** A mark at its end tells of columns that were left out. */
  const joined = (cells: readonly (readonly string[])[], now: readonly number[], values: Row) => {
    const height = Math.max(...cells.map(({ length }) => length));
    let text = '';
    for (let part = 0; part < height; part++) {
      const padded = now.map((columnWidth, index) => {
        const cell = cells[index]?.[part] ?? '';
        const space = ' '.repeat(Math.max(0, columnWidth - widthOf(cell)));
        return typeof values[index] === 'number' ? space + cell : cell + space;
      });
      const isMarked = part === height - 1 && now.length < columns.length;
      text += `${isMarked ? padded.join(GAP) + GAP + cutMark : padded.join(GAP).trimEnd()}\n`;
    }
    return text;
  };

  const nameWidth = Math.min(Math.max(...columns.map(widthOf)), Math.floor((width ?? 0) / 2));
  const list = (row: Row) => {
    const room = Math.max(1, (width ?? 0) - nameWidth - GAP.length);
    const lines = columns.flatMap((name, index) => {
      const [first = '', ...rest] = wrapText(
        cutMiddle(shown(row[index] ?? null), MAX_LINES * room, cutMark),
        room,
      );
      const label = cutMiddle(name, nameWidth, cutMark);
      return [
        label + ' '.repeat(nameWidth - widthOf(label)) + GAP + first,
        ...rest.map((text) => ' '.repeat(nameWidth) + GAP + text),
      ];
    });
    return `${listed++ > 0 ? '\n' : ''}${lines.map((text) => text.trimEnd()).join('\n')}\n`;
  };

  return {
    async rows(rows) {
      pending.push(...rows);
      if (pending.length >= MEASURED_ROWS) await flush();
    },
    async end() {
      await flush();
      if (widths && !isList && widths.length < columns.length) onLeftOut?.(columns.slice(widths.length));
    },
  };
}

function shown(value: JsonValue): string {
  return value === null ? 'NULL' : printable(toText(value), MAX_CELL_CHARS);
}
