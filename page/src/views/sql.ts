/** A question in SQL: the same judge and sandbox as `read --sql`. The result as a table, a plot, or a file. */
import { ApiError, get, post, type Row } from '../api.ts';
import { announce, h } from '../dom.ts';
import { linePlot } from '../line-plot.ts';
import { problem } from '../problem.ts';
import { readRoute, setParameters } from '../route.ts';
import { cellText, rowsTable } from '../rows-table.ts';
import type { View } from '../view.ts';

const EXAMPLE = `SELECT symbol, side, count(*) AS orders, round(sum(notional)) AS notional_at_least
FROM liquidation GROUP BY ALL ORDER BY notional_at_least DESC LIMIT 20`;
const DOWNLOADS = [
  ['csv', 'text/csv'],
  ['parquet', 'application/vnd.apache.parquet'],
  ['arrow', 'application/vnd.apache.arrow.stream'],
] as const;
const KEYWORDS = [
  'SELECT',
  'FROM',
  'WHERE',
  'GROUP BY',
  'ORDER BY',
  'LIMIT',
  'count(*)',
  'sum(',
  'avg(',
  'date_trunc(',
];
const MAX_SUGGESTIONS = 8;

interface TableDescription {
  readonly table?: string;
  readonly name?: string;
  readonly columns?: readonly (string | { readonly name: string })[];
}

export const sqlView: View = async (root, { signal }) => {
  const editor = h('textarea', { 'aria-label': 'SQL', spellcheck: 'false', id: 'sql' });
  editor.value = readRoute().parameters.get('sql') ?? EXAMPLE;
  const suggestions = h('ul', { class: 'suggestions', 'aria-label': 'Completions' });
  const output = h(
    'div',
    { class: 'panel', 'aria-live': 'polite' },
    h('p', { class: 'note' }, 'No result yet.'),
  );
  let words = KEYWORDS;

  const run = async () => {
    setParameters({ sql: editor.value });
    output.replaceChildren(h('p', { class: 'note' }, 'running …'));
    const startedMs = performance.now();
    try {
      const response = await post('/sql', { sql: editor.value }, { signal });
      const answer = (await response.json()) as {
        readonly data: readonly Row[];
        readonly truncated?: boolean;
      };
      const elapsedMs = Math.round(performance.now() - startedMs);
      output.replaceChildren(...resultOf(answer.data, elapsedMs, answer.truncated === true));
      announce(`${answer.data.length} rows`);
    } catch (error) {
      if (!signal.aborted) output.replaceChildren(problem(error));
    }
  };
  const suggest = () => {
    const prefix = wordBefore(editor);
    const fitting =
      prefix === '' ? [] : words.filter((word) => word.toLowerCase().startsWith(prefix.toLowerCase()));
    suggestions.replaceChildren(
      ...fitting
        .slice(0, MAX_SUGGESTIONS)
        .map((word) =>
          h('li', {}, h('button', { type: 'button', onclick: () => complete(editor, word, suggest) }, word)),
        ),
    );
  };
  editor.addEventListener('input', suggest);
  editor.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void run();
  });
  root.append(
    h('h2', {}, 'SQL'),
    editor,
    suggestions,
    h(
      'div',
      { class: 'bar' },
      h('button', { type: 'button', onclick: () => void run() }, 'Run (Ctrl+Enter)'),
      ...DOWNLOADS.map(([ending, accept]) =>
        h(
          'button',
          {
            type: 'button',
            onclick: () =>
              void download(editor.value, ending, accept).catch((error: unknown) =>
                output.replaceChildren(problem(error)),
              ),
          },
          `Download ${ending}`,
        ),
      ),
      h('p', { class: 'note' }, 'DuckDB’s SQL; it cannot write and reads the tables alone.'),
    ),
    output,
  );
  words = [...KEYWORDS, ...(await namesOf(signal))];
};

/** Names of tables and their columns, for completion. */
async function namesOf(signal: AbortSignal): Promise<string[]> {
  const { data } = await get<{ readonly data: readonly TableDescription[] }>('/tables', {}, signal);
  const names = data.flatMap(({ table, name, columns = [] }) => [
    table ?? name ?? '',
    ...columns.map((column) => (typeof column === 'string' ? column : column.name)),
  ]);
  return [...new Set(names)].filter((name) => name !== '').sort();
}

function wordBefore({ value, selectionStart }: HTMLTextAreaElement): string {
  return /[\w.]*$/.exec(value.slice(0, selectionStart))?.[0] ?? '';
}

function complete(editor: HTMLTextAreaElement, word: string, suggest: () => void): void {
  const end = editor.selectionStart;
  const start = end - wordBefore(editor).length;
  editor.setRangeText(word, start, end, 'end');
  editor.focus();
  suggest();
}

function resultOf(rows: readonly Row[], elapsedMs: number, isTruncated: boolean): HTMLElement[] {
  const names = Object.keys(rows[0] ?? {});
  const columns = names.map((name) => ({
    name,
    isNumber: typeof rows[0]?.[name] === 'number',
    cell: cellText,
  }));
  const parts: HTMLElement[] = [
    h(
      'p',
      { class: 'note' },
      `${rows.length} rows in ${elapsedMs} ms${isTruncated ? ', cut: there are more' : ''}`,
    ),
  ];
  const plot = linePlot(rows);
  if (plot !== undefined) parts.push(plot);
  if (rows.length > 0) parts.push(rowsTable('Result', columns, rows.slice(0, 1000)));
  return parts;
}

async function download(sql: string, ending: string, accept: string): Promise<void> {
  const response = await post('/sql', { sql }, { accept });
  if (!response.ok) throw new ApiError(response.status, 'no file', '', '');
  const address = URL.createObjectURL(await response.blob());
  h('a', { href: address, download: `result.${ending}` }).click();
  URL.revokeObjectURL(address);
}
