/** Lines over time; where a value is NULL the line has a hole. */
import { compactNumber } from '../terminal/picture-style.ts';
import { type Drawing, GRID, heading, LEFT, label, legend, RIGHT, seriesLook, text } from './drawing.ts';
import type { LinePlot, Series } from './plot.ts';
import { type Scale, timeScale, valueScale } from './scale.ts';
import { type Svg, svg } from './svg.ts';

const HEIGHT = 220;
const DAY_MS = 86_400_000;

export function drawLines({ title, series }: LinePlot): Drawing {
  const names =
    series.length > 1
      ? legend(
          series.map(({ name }) => name),
          44,
        )
      : { height: 0, body: [] };
  const top = 40 + names.height;
  const bottom = top + HEIGHT;
  const points = series.flatMap((one) => one.points);
  const x = timeScale(rangeOf(points.map(([timeMs]) => timeMs)), [LEFT, RIGHT], 8);
  const y = valueScale(rangeOf(points.flatMap(([, value]) => value ?? [])), [bottom, top], 5);
  const body = [heading(title), ...names.body, ...valueAxis(y), ...timeAxis(x, top, bottom)];
  return {
    height: bottom + 40,
    body: [...body, ...series.flatMap((one, index) => drawSeries(one, index, x, y))],
  };
}

function drawSeries({ name, points }: Series, index: number, x: Scale, y: Scale): Svg[] {
  const runs: string[][] = [[]];
  for (const [timeMs, value] of points) {
    if (value === null) runs.push([]);
    else runs.at(-1)?.push(`${x.at(timeMs).toFixed(1)},${y.at(value).toFixed(1)}`);
  }
  return runs
    .filter((run) => run.length > 0)
    .map((run) => {
      // A single point has no line.
      const [first = ''] = run;
      const [cx = '', cy = ''] = first.split(',');
      return run.length === 1
        ? svg('circle', { cx, cy, r: 2, ...seriesLook(index).fill })
        : svg('polyline', { points: run.join(' '), ...seriesLook(index).stroke }, [svg('title', {}, [name])]);
    });
}

function valueAxis({ at, ticks }: Scale): Svg[] {
  return ticks.flatMap((tick) => [
    svg('line', { x1: LEFT, x2: RIGHT, y1: at(tick), y2: at(tick), stroke: GRID }),
    label(LEFT - 8, at(tick) + 4, compactNumber(tick)),
  ]);
}

/** Days as dates, times within a day as times; the first tick says both. */
function timeAxis({ at, ticks }: Scale, top: number, bottom: number): Svg[] {
  return ticks.flatMap((tick, index) => {
    const iso = new Date(tick).toISOString();
    const isDate = tick % DAY_MS === 0;
    const lines = isDate
      ? [iso.slice(0, 10)]
      : [iso.slice(11, 16), ...(index === 0 ? [iso.slice(0, 10)] : [])];
    return [
      svg('line', { x1: at(tick), x2: at(tick), y1: top, y2: bottom, stroke: GRID }),
      ...lines.map((line, row) => text(at(tick), bottom + 16 + row * 15, line, { 'text-anchor': 'middle' })),
    ];
  });
}

function rangeOf(values: readonly number[]): readonly [number, number] {
  if (values.length === 0) return [0, 1];
  return values.reduce<[number, number]>(
    ([least, greatest], value) => [Math.min(least, value), Math.max(greatest, value)],
    [values[0] ?? 0, values[0] ?? 0],
  );
}
