/** Rows as a plot: the first column as time or order, the first column of numbers as height. */
import type { Row } from './api.ts';
import { h, svg } from './dom.ts';
import { compactNumber, timeOf, timeText } from './text.ts';

const WIDTH = 900;
const HEIGHT = 180;
const LEFT = 60;
const BOTTOM = 20;

/** @returns undefined for rows that no plot fits. */
export function linePlot(rows: readonly Row[]): HTMLElement | undefined {
  const [first] = rows;
  if (first === undefined || rows.length < 3) return undefined;
  const names = Object.keys(first);
  const [x = ''] = names;
  const y = names.slice(1).find((name) => typeof first[name] === 'number');
  const isTime = typeof first[x] === 'string' && !Number.isNaN(timeOf(first[x]));
  if (y === undefined) return undefined;
  const points = rows
    .map((row, index) => ({ at: isTime ? timeOf(row[x]) : index, value: row[y] }))
    .filter((point): point is { at: number; value: number } => typeof point.value === 'number')
    .sort((a, b) => a.at - b.at);
  const [firstAt = 0, lastAt = 1] = [points[0]?.at, points.at(-1)?.at];
  const low = Math.min(0, ...points.map(({ value }) => value));
  const high = Math.max(...points.map(({ value }) => value));
  const across = (at: number) => LEFT + ((at - firstAt) / (lastAt - firstAt || 1)) * (WIDTH - LEFT - 10);
  const up = (value: number) =>
    HEIGHT - BOTTOM - ((value - low) / (high - low || 1)) * (HEIGHT - BOTTOM - 12);
  const path = points.map(
    ({ at, value }, index) => `${index === 0 ? 'M' : 'L'}${across(at).toFixed(1)} ${up(value).toFixed(1)}`,
  );
  const ends = isTime
    ? [timeText(firstAt, 'minute'), timeText(lastAt, 'minute')]
    : [String(first[x]), String(rows.at(-1)?.[x])];
  const picture = svg(
    'svg',
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': `${y} by ${x}` },
    svg('path', { d: path.join(''), fill: 'none', stroke: 'var(--accent)', 'stroke-width': 2 }),
    svg('text', { x: 2, y: 14 }, compactNumber(high)),
    svg('text', { x: 2, y: HEIGHT - BOTTOM }, compactNumber(low)),
    svg('text', { x: LEFT, y: HEIGHT - 4 }, ends[0]),
    svg('text', { x: WIDTH - 10, y: HEIGHT - 4, 'text-anchor': 'end' }, ends[1]),
  );
  const figure = h('figure', { style: 'margin: 0' }, h('figcaption', { class: 'note' }, `${y} by ${x}`));
  figure.append(picture);
  return figure;
}
