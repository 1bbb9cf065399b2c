/** Coverage as a strip a day, one character a span of time: listening, partly, nobody. */

import { wrapText } from '../../output/wrap-text.ts';
import type { CoverageDay } from '../../query/overview/coverage-days.ts';
import { type PictureStyle, paint } from './picture-style.ts';

const LABEL_CHARS = 11;
const HOURS = ['00', '06', '12', '18'];

/** The finest cells, in minutes, whose strip fits. */
export function stripCellMinutes(width: number): number {
  return [15, 30, 60].find((minutes) => LABEL_CHARS + 1440 / minutes <= width) ?? 60;
}

/** Listening, partly, nobody. */
export function coverageGlyphs(unicode: boolean): readonly [string, string, string] {
  return unicode ? ['█', '▒', '·'] : ['#', '+', '.'];
}

export function coverageStrip(
  days: readonly CoverageDay[],
  cellMinutes: number,
  style: PictureStyle,
): string {
  const [all, some, none] = coverageGlyphs(style.unicode);
  const lines = days.map(({ date, cells }) => {
    const strip = cells.map((share) =>
      share === undefined ? ' ' : share === 1 ? all : share > 0 ? some : none,
    );
    return date.padEnd(LABEL_CHARS) + painted(strip.join('').trimEnd(), style);
  });
  const axis = HOURS.map((hour) => hour.padEnd(360 / cellMinutes)).join('');
  const legend = `UTC; a cell is ${cellMinutes} min: ${all} listening  ${some} partly  ${none} nobody`;
  return [...lines, `${' '.repeat(LABEL_CHARS)}${axis}`.trimEnd(), ...wrapText(legend, style.width)].join(
    '\n',
  );
}

function painted(strip: string, { unicode, color }: PictureStyle): string {
  const [all, some] = coverageGlyphs(unicode);
  return strip.replace(/(.)\1*/gu, (run, glyph: string) =>
    paint(run, glyph === all ? 'green' : glyph === some ? 'yellow' : 'red', color),
  );
}
