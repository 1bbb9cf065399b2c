/** What all drawings share: measures, colours that the colour-blind tell apart, text, legends. */
import { type Svg, svg } from './svg.ts';

export const WIDTH = 900;
export const LEFT = 150;
export const RIGHT = WIDTH - 80;

/** A drawn plot, its top at 0. */
export interface Drawing {
  readonly height: number;
  readonly body: readonly Svg[];
}

const COLORS = ['#d55e00', '#0072b2', '#009e73', '#cc79a7', '#56b4e9', '#e69f00', '#000000', '#999999'];
export const MAX_SERIES = COLORS.length;
const LABEL_CHARS = 22;
export const GRID = '#dddddd';
export const HEARD = '#009e73';

/** Distinguished by fill and by dashes too, not by colour alone. */
export function seriesLook(index: number): { readonly fill: object; readonly stroke: object } {
  const color = COLORS[index % COLORS.length] ?? '#000000';
  const fill = { fill: color, 'fill-opacity': index % 2 === 0 ? 1 : 0.35, stroke: color };
  const dash = index < 4 ? 'none' : index < 6 ? '6 3' : '2 2';
  return { fill, stroke: { fill: 'none', stroke: color, 'stroke-width': 1.5, 'stroke-dasharray': dash } };
}

export function text(
  x: number,
  y: number,
  content: string,
  attributes: Readonly<Record<string, string | number>> = {},
): Svg {
  return svg('text', { x, y, 'font-size': 12, ...attributes }, [content]);
}

/** Stands right before a drawing, cut to what fits; a text that is cut shows whole under the mouse. */
export function label(x: number, y: number, content: string): Svg {
  const characters = [...content];
  const attributes = { x, y, 'font-size': 12, 'text-anchor': 'end' };
  if (characters.length <= LABEL_CHARS) return svg('text', attributes, [content]);
  const shown = `${characters.slice(0, LABEL_CHARS - 1).join('')}…`;
  return svg('text', attributes, [shown, svg('title', {}, [content])]);
}

export function heading(title: string): Svg {
  return text(10, 20, title, { 'font-size': 15, 'font-weight': 'bold' });
}

/** One swatch and name a series, in rows. */
export function legend(names: readonly string[], top: number): Drawing {
  const perRow = 4;
  const columnWidth = (RIGHT - LEFT) / perRow;
  const body = names.flatMap((name, index) => {
    const x = LEFT + (index % perRow) * columnWidth;
    const y = top + Math.floor(index / perRow) * 18;
    const shown = [...name].length > 20 ? `${[...name].slice(0, 19).join('')}…` : name;
    return [
      svg('rect', { x, y: y - 9, width: 10, height: 10, ...seriesLook(index).fill }),
      text(x + 16, y, shown),
    ];
  });
  return { height: Math.ceil(names.length / perRow) * 18, body };
}
