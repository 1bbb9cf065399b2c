/** How everything is: collectors with their lag and spool, tables, upkeep, and the skill of the model. */
import { ApiError, get, type Row } from '../api.ts';
import { h } from '../dom.ts';
import { cellText, rowsTable } from '../rows-table.ts';
import { ageText, compactNumber, exactNumber, timeOf, timeText } from '../text.ts';
import type { View } from '../view.ts';

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
    const hasModel = tables.data.some(({ table, rows }) => table === 'models' && rows !== 0);
    const prediction = hasModel ? await predict(signal) : undefined;
    content.replaceChildren(
      summary(health),
      collectors(health.collectors ?? []),
      storage(tables.data),
      model(prediction),
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

async function predict(signal: AbortSignal): Promise<Row | undefined> {
  try {
    return await get<Row>('/price/predict', {}, signal);
  } catch (error) {
    if (error instanceof ApiError && error.status !== 401) return undefined;
    throw error;
  }
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

function model(prediction: Row | undefined): HTMLElement {
  const panel = h('div', { class: 'panel' }, h('h3', {}, 'Model'));
  if (prediction === undefined) {
    panel.append(h('p', { class: 'note' }, 'No model yet: `crypto-lake train` makes one.'));
    return panel;
  }
  const skill = Number(prediction.skill);
  const facts = Object.entries(prediction).filter(([, value]) => typeof value !== 'object' && value !== null);
  panel.append(
    h(
      'p',
      {},
      h(
        'span',
        { class: `badge ${skill > 0 ? 'ok' : 'warn'}` },
        skill > 0 ? 'better than “no change”' : 'not better than “no change”',
      ),
    ),
    rowsTable(
      'Newest prediction',
      [{ name: 'name' }, { name: 'value' }],
      facts.map(([name, value]) => ({ name: name.replaceAll('_', ' '), value })),
    ),
  );
  return panel;
}
