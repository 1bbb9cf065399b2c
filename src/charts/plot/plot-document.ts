/** Plots one below the other as a file that a browser opens without a network: no script, no font, no reference. */
import { drawBars } from './draw-bars.ts';
import { drawCoverage } from './draw-coverage.ts';
import { drawLines } from './draw-lines.ts';
import { type Drawing, WIDTH } from './drawing.ts';
import type { Plot } from './plot.ts';
import { escaped, svg } from './svg.ts';

const GAP = 16;

export function svgDocument(title: string, plots: readonly Plot[]): string {
  let top = 10;
  const groups = plots.map((plot) => {
    const { height, body } = draw(plot);
    const group = svg('g', { transform: `translate(0 ${top})` }, body);
    top += height + GAP;
    return group;
  });
  const { markup } = svg(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${WIDTH} ${top}`,
      width: WIDTH,
      height: top,
      role: 'img',
      'font-family': 'system-ui, "DejaVu Sans", sans-serif',
    },
    [svg('title', {}, [title]), svg('rect', { width: WIDTH, height: top, fill: '#ffffff' }), ...groups],
  );
  return `${markup}\n`;
}

export function htmlDocument(title: string, plots: readonly Plot[]): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>body { margin: 1rem } svg { max-width: 100%; height: auto }</style>
${svgDocument(title, plots)}</html>
`;
}

function draw(plot: Plot): Drawing {
  switch (plot.kind) {
    case 'bars':
      return drawBars(plot);
    case 'lines':
      return drawLines(plot);
    case 'coverage':
      return drawCoverage(plot);
  }
}
