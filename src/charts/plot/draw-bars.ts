/** Bars that lie, so that long names can stand beside them; parts follow one another. */
import { compactNumber } from '../terminal/picture-style.ts';
import { type Drawing, GRID, heading, LEFT, label, legend, RIGHT, seriesLook, text } from './drawing.ts';
import type { BarPlot } from './plot.ts';
import { valueScale } from './scale.ts';
import { type Svg, svg } from './svg.ts';

const ROW = 20;

export function drawBars({ title, parts, bars }: BarPlot): Drawing {
  const names = parts.length > 1 ? legend(parts, 44) : { height: 0, body: [] };
  const top = 36 + names.height;
  const bottom = top + bars.length * ROW;
  const totals = bars.map(({ values }) => values.reduce<number>((sum, value) => sum + (value ?? 0), 0));
  const scale = valueScale([Math.min(0, ...totals), Math.max(0, ...totals)], [LEFT, RIGHT], 6);
  const grid = scale.ticks.flatMap((tick) => {
    const x = scale.at(tick);
    return [
      svg('line', { x1: x, x2: x, y1: top, y2: bottom, stroke: GRID }),
      text(x, bottom + 16, compactNumber(tick), { 'text-anchor': 'middle' }),
    ];
  });
  const rows = bars.flatMap((bar, index) => {
    const y = top + index * ROW;
    const total = totals[index] ?? 0;
    const isKnown = bar.values.some((value) => value !== null);
    return [
      label(LEFT - 8, y + 14, bar.label),
      ...drawParts(bar.values, parts, y, scale.at),
      text(Math.max(scale.at(0), scale.at(total)) + 6, y + 14, isKnown ? compactNumber(total) : 'NULL'),
    ];
  });
  return { height: bottom + 36, body: [heading(title), ...names.body, ...grid, ...rows] };
}

function drawParts(
  values: readonly (number | null)[],
  parts: readonly string[],
  y: number,
  at: (value: number) => number,
): Svg[] {
  let from = 0;
  return values.flatMap((value, index) => {
    if (value === null || value === 0) return [];
    const [left, right] = [at(from), at(from + value)].sort((a, b) => a - b);
    from += value;
    if (left === undefined || right === undefined) return [];
    return [
      svg('rect', { x: left, y: y + 3, width: right - left, height: ROW - 6, ...seriesLook(index).fill }, [
        svg('title', {}, [`${parts[index] ?? ''}: ${value.toLocaleString('en')}`]),
      ]),
    ];
  });
}
