/** Rows as a table that scrolls by itself, with the keyboard too. */
import type { Row } from './api.ts';
import { type Child, h } from './dom.ts';

export interface TableColumn {
  readonly name: string;
  readonly title?: string;
  readonly isNumber?: boolean;
  readonly cell?: (value: unknown, row: Row) => Child;
}

export function rowsTable(
  caption: string,
  columns: readonly TableColumn[],
  rows: readonly Row[],
): HTMLElement {
  const head = columns.map(({ name, title, isNumber }) =>
    h('th', { scope: 'col', class: isNumber ? 'number' : undefined }, title ?? name.replaceAll('_', ' ')),
  );
  const body = rows.map((row) =>
    h(
      'tr',
      {},
      ...columns.map(({ name, isNumber, cell }) =>
        h(
          'td',
          { class: isNumber ? 'number' : undefined },
          cell ? cell(row[name], row) : cellText(row[name]),
        ),
      ),
    ),
  );
  if (rows.length === 0) body.push(h('tr', {}, h('td', { colspan: columns.length, class: 'note' }, 'none')));
  return h(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption },
    h('table', {}, h('caption', {}, caption), h('thead', {}, h('tr', {}, ...head)), h('tbody', {}, ...body)),
  );
}

export function cellText(value: unknown): string {
  if (value === null || value === undefined) return '–';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
