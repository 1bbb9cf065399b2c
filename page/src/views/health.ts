/** How everything is: collectors with their lag and spool, tables, upkeep, and the skill of the model. */
import { get, type Row } from '../api.ts';
import { h } from '../dom.ts';
import { cellText, rowsTable } from '../rows-table.ts';
import { ageText, compactNumber, exactNumber, timeOf, timeText } from '../text.ts';
import type { View } from '../view.ts';
import { modelPanel } from './model-panel.ts';

interface Health {
  readonly status?: string;
  readonly collectors?: readonly Row[];
  readonly [name: string]: unknown;
}

const REFRESH_MS = 5_000;

export const healthView: View = async (root, { signal }) => {
  const content = h('div', { style: 'display: contents' });
  root.append(h('h2', {}, 'Health'), content);
  const draw = async () => {
    const [health, tables] = await Promise.all([
      readHealth(signal),
      get<{ data: readonly Row[] }>('/tables', {}, signal),
    ]);
    const has = (name: string) => tables.data.some(({ table, rows }) => table === name && rows !== 0);
    content.replaceChildren(
      summary(health),
      collectors(health.collectors ?? []),
      storage(tables.data),
      await modelPanel({ hasModels: has('models'), hasPredictions: has('predictions') }, signal),
    );
  };
  await draw();
  const timer = setInterval(() => void draw().catch(() => undefined), REFRESH_MS);
  signal.addEventListener('abort', () => clearInterval(timer));
};

/** Stale sources make it 503: the body tells which. */
async function readHealth(signal: AbortSignal): Promise<Health> {
  const response = await fetch('/health', { signal, headers: { accept: 'application/json' } });
  return (await response.json()) as Health;
}

function summary({ collectors: _, tables: __, ...rest }: Health): HTMLElement {
  const facts = Object.entries(rest).filter(([, value]) => typeof value !== 'object');
  const kind = rest.status === 'ok' ? 'ok' : 'fail';
  return h(
    'div',
    { class: 'panel bar' },
    h('span', { class: `badge ${kind}` }, String(rest.status ?? 'unknown')),
    ...facts
      .filter(([name]) => name !== 'status')
      .map(([name, value]) =>
        h('span', { class: 'note' }, `${name.replaceAll('_', ' ')}: ${cellText(value)}`),
      ),
  );
}

function collectors(rows: readonly Row[]): HTMLElement {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter(
    (name) => typeof rows[0]?.[name] !== 'object',
  );
  return h(
    'div',
    { class: 'panel' },
    rowsTable(
      'Collectors',
      names.map((name) => ({ name })),
      rows,
    ),
  );
}

function storage(rows: readonly Row[]): HTMLElement {
  const number = { isNumber: true, cell: exactNumber };
  return h(
    'div',
    { class: 'panel' },
    rowsTable(
      'Tables',
      [
        { name: 'table' },
        { name: 'version', ...number },
        { name: 'rows', ...number },
        { name: 'files', ...number },
        { name: 'small_files', ...number },
        { name: 'bytes', isNumber: true, cell: compactNumber },
        { name: 'oldest', cell: (value) => timeText(timeOf(value), 'minute') },
        { name: 'newest', cell: (value) => timeText(timeOf(value), 'minute') },
        { name: 'age', cell: (_, row) => ageText(Date.now() - timeOf(row.newest)) },
      ],
      rows,
    ),
  );
}
