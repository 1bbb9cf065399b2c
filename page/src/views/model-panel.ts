/** The newest prediction with its skill, and how good earlier ones turned out to be. */
import { ApiError, get, post, type Row } from '../api.ts';
import { h } from '../dom.ts';
import { rowsTable } from '../rows-table.ts';
import { exactNumber } from '../text.ts';

/** Of the last week, beside "no change" on the same bars; the first prediction of a time counts. */
const SCORES = `SELECT model, version, count(*) AS scored, sqrt(avg(absolute_error ** 2)) AS rmse,
  1 - sqrt(sum(absolute_error ** 2) / nullif(sum(no_change_error ** 2), 0)) AS skill,
  avg(right_direction::INT) AS directional_accuracy, avg(in_interval::INT) AS in_interval
FROM prediction_scores WHERE made_at >= now() - INTERVAL 7 DAY GROUP BY ALL ORDER BY model, version`;

export async function modelPanel(
  { hasModels, hasPredictions }: { readonly hasModels: boolean; readonly hasPredictions: boolean },
  signal: AbortSignal,
): Promise<HTMLElement> {
  const prediction = hasModels ? await predict(signal) : undefined;
  const panel = h('div', { class: 'panel' }, h('h3', {}, 'Model'), ...newest(prediction));
  if (hasPredictions) panel.append(scores(await readScores(signal)));
  return panel;
}

async function predict(signal: AbortSignal): Promise<Row | undefined> {
  try {
    return await get<Row>('/price/predict', {}, signal);
  } catch (error) {
    if (error instanceof ApiError && error.status !== 401) return undefined;
    throw error;
  }
}

async function readScores(signal: AbortSignal): Promise<readonly Row[]> {
  const response = await post('/sql', { sql: SCORES }, { signal });
  return ((await response.json()) as { readonly data: readonly Row[] }).data;
}

function scores(rows: readonly Row[]): HTMLElement {
  const number = { isNumber: true, cell: exactNumber };
  const share = {
    isNumber: true,
    cell: (value: unknown) => (value === null ? '' : Number(value).toFixed(4)),
  };
  return rowsTable(
    'Predictions of the last week, scored beside “no change”',
    [
      { name: 'model' },
      { name: 'version' },
      { name: 'scored', ...number },
      { name: 'rmse', ...share },
      { name: 'skill', ...share },
      { name: 'directional_accuracy', ...share },
      { name: 'in_interval', ...share },
    ],
    rows,
  );
}

function newest(prediction: Row | undefined): readonly HTMLElement[] {
  if (prediction === undefined)
    return [h('p', { class: 'note' }, 'No model yet: `crypto-lake train` makes one.')];
  const skill = Number(prediction.skill);
  const facts = Object.entries(prediction).filter(([, value]) => typeof value !== 'object' && value !== null);
  return [
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
  ];
}
