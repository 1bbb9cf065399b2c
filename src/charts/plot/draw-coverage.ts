/** A row a day; each cell is filled as high as its share of the time that was listened to. */
import { type Drawing, GRID, HEARD, heading, LEFT, label, RIGHT, text } from './drawing.ts';
import type { CoveragePlot } from './plot.ts';
import { svg } from './svg.ts';

const ROW = 26;
const FULL = 20;
/** No seams between cells. */
const CRISP = { 'shape-rendering': 'crispEdges' };

export function drawCoverage({ title, days }: CoveragePlot): Drawing {
  const top = 40;
  const bottom = top + days.length * ROW;
  const rows = days.flatMap(({ date, cells }, day) => {
    const y = top + day * ROW;
    const width = (RIGHT - LEFT) / cells.length;
    const known = cells.filter((share) => share !== undefined);
    return [
      label(LEFT - 8, y + 15, date),
      svg('rect', { x: LEFT, y, width: width * known.length, height: FULL, fill: GRID }),
      ...known.flatMap((share, index) => {
        if (share === 0) return [];
        // What is not whole must be seen, however little is missing.
        const height = share === 1 ? FULL : FULL * Math.min(0.85, Math.max(0.15, share));
        const x = LEFT + index * width;
        return [svg('rect', { x, y: y + FULL - height, width, height, fill: HEARD, ...CRISP })];
      }),
    ];
  });
  const axis = ['00', '06', '12', '18', '24'].map((hour, index) =>
    text(LEFT + (index / 4) * (RIGHT - LEFT), bottom + 10, `${hour}:00`, { 'text-anchor': 'middle' }),
  );
  return { height: bottom + 30, body: [heading(title), ...rows, ...axis] };
}
