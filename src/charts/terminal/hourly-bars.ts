/** Liquidated notional by hour as bars: longs and shorts distinguished by their fill, not by colour alone. */

import { wrapText } from '../../output/wrap-text.ts';
import type { LiquidationHour } from '../../query/overview/liquidation-hours.ts';
import { coverageGlyphs } from './coverage-strip.ts';
import { compactNumber, type PictureStyle, paint } from './picture-style.ts';

const LABEL_CHARS = 6;
const VALUE_CHARS = 8;
const MAX_WIDTH = 100;

export function hourlyBars(hours: readonly LiquidationHour[], style: PictureStyle): string {
  const [long, short] = style.unicode ? ['█', '░'] : ['#', '='];
  const largest = Math.max(1, ...hours.map(({ longs, shorts }) => longs + shorts));
  const barChars = Math.max(10, Math.min(style.width, MAX_WIDTH) - LABEL_CHARS - VALUE_CHARS);
  const [, partly, nobody] = coverageGlyphs(style.unicode);
  const lines = hours.map(({ startMs, longs, shorts, heard }) => {
    const longChars = Math.round((longs / largest) * barChars);
    const shortChars = Math.round(((longs + shorts) / largest) * barChars) - longChars;
    const bar =
      paint(long.repeat(longChars), 'red', style.color) +
      paint(short.repeat(shortChars), 'green', style.color);
    const mark = heard === 1 ? ' ' : heard > 0 ? partly : nobody;
    return `${new Date(startMs).toISOString().slice(11, 16)}${mark}${bar} ${compactNumber(longs + shorts)}`;
  });
  const isHeard = hours.every(({ heard }) => heard === 1);
  const legend = [
    `${long} longs closed  ${short} shorts closed`,
    ...(isHeard ? [] : [`  ${partly} partly listened  ${nobody} nobody listened`]),
  ].join('');
  return [...lines, ...wrapText(legend, style.width)].join('\n');
}
