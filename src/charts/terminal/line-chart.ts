/** A line of box characters over the width of the terminal, with its least and greatest value beside it. */
import { compactNumber, type PictureStyle } from './picture-style.ts';

const HEIGHT = 6;
const LABEL_CHARS = 7;
const MAX_WIDTH = 100;
const BOX = { flat: '─', up: '│', leave: '╯', arrive: '╭', fall: '╮', land: '╰' };
const ASCII = { flat: '-', up: '|', leave: '+', arrive: '+', fall: '+', land: '+' };

/** @param values evenly spaced; at least one. */
export function lineChart(values: readonly number[], style: PictureStyle): string {
  const glyphs = style.unicode ? BOX : ASCII;
  const chars = Math.max(10, Math.min(style.width, MAX_WIDTH) - LABEL_CHARS - 1);
  const least = Math.min(...values);
  const greatest = Math.max(...values);
  const grid = Array.from({ length: HEIGHT }, () => new Array<string>(chars).fill(' '));
  const put = (row: number, column: number, glyph: string) => {
    const line = grid[HEIGHT - 1 - row];
    if (line) line[column] = glyph;
  };
  let before: number | undefined;
  for (let column = 0; column < chars; column++) {
    const value = valueAt(values, (column / (chars - 1)) * (values.length - 1));
    const row = greatest > least ? Math.round(((value - least) / (greatest - least)) * (HEIGHT - 1)) : 0;
    const from = before ?? row;
    for (let between = Math.min(from, row) + 1; between < Math.max(from, row); between++)
      put(between, column, glyphs.up);
    put(from, column, row > from ? glyphs.leave : glyphs.fall);
    put(row, column, row > from ? glyphs.arrive : row < from ? glyphs.land : glyphs.flat);
    before = row;
  }
  const labels = new Map([
    [0, compactNumber(greatest)],
    [HEIGHT - 1, compactNumber(least)],
  ]);
  return grid
    .map((line, index) => `${(labels.get(index) ?? '').padStart(LABEL_CHARS)} ${line.join('')}`.trimEnd())
    .join('\n');
}

/** Between two values the line is straight. */
function valueAt(values: readonly number[], position: number): number {
  const left = values[Math.floor(position)] ?? 0;
  const right = values[Math.ceil(position)] ?? left;
  return left + (right - left) * (position - Math.floor(position));
}
