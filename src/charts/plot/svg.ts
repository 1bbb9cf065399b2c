/** SVG markup that cannot be broken out of: every text and attribute is escaped, only elements nest. */
import { printable } from '../../base/printable.ts';

export interface Svg {
  readonly markup: string;
}

export function svg(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  children: readonly (Svg | string)[] = [],
): Svg {
  const list = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${escaped(attributeText(value), Number.POSITIVE_INFINITY)}"`,
  );
  const inner = children.map((child) => (typeof child === 'string' ? escaped(child) : child.markup)).join('');
  return { markup: inner ? `<${name}${list.join('')}>${inner}</${name}>` : `<${name}${list.join('')}/>` };
}

export function escaped(text: string, maxLength = 500): string {
  return printable(text, maxLength)
    .replaceAll(/[\ufffe\uffff]/g, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** A tenth of a pixel is enough. */
function attributeText(value: string | number): string {
  return typeof value === 'number' ? String(Math.round(value * 10) / 10) : value;
}
