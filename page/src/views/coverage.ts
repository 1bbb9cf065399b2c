/** When each venue and stream was listened to, the holes with their reasons, and what the quality checks found. */
import { get, type ListAnswer, type Row } from '../api.ts';
import { h, svg } from '../dom.ts';
import { rowsTable } from '../rows-table.ts';
import { ageText, exactNumber, timeOf, timeText } from '../text.ts';
import type { View } from '../view.ts';

const DAY_MS = 86_400_000;
const WIDTH = 960;
const ROW_HEIGHT = 22;
const MAX_ROWS = 10_000;
const COLORS: Readonly<Record<string, string>> = {
  listening: 'var(--good)',
  poll: 'var(--good)',
  unproven: 'var(--warn)',
  poll_failed: 'var(--down)',
};

export const coverageView: View = async (root, { signal }) => {
  const from = new Date(Date.now() - DAY_MS).toISOString();
  const [coverage, quality] = await Promise.all([
    get<ListAnswer<Row>>('/coverage', { from, limit: MAX_ROWS }, signal),
    get<ListAnswer<Row>>('/quality', { from, limit: 200 }, signal),
  ]);
  root.append(
    h('h2', {}, 'Coverage and quality'),
    h(
      'p',
      { class: 'note' },
      'The last 24 h. Green: proven to listen; amber: unproven; empty: nobody listened.',
    ),
    h('div', { class: 'panel' }, strips(coverage.data, timeOf(from))),
    h(
      'div',
      { class: 'columns' },
      h(
        'div',
        { class: 'panel' },
        rowsTable(
          'Holes',
          [
            { name: 'from', cell: (value) => timeText(timeOf(value)) },
            { name: 'to', cell: (value) => timeText(timeOf(value)) },
            { name: 'length', cell: (_, row) => ageText(timeOf(row.to) - timeOf(row.from)) },
            { name: 'venue' },
            { name: 'stream' },
            { name: 'reason' },
          ],
          coverage.holes as unknown as readonly Row[],
        ),
      ),
      h(
        'div',
        { class: 'panel' },
        rowsTable(
          'Findings of the quality checks',
          [
            { name: 'severity', cell: severity },
            { name: 'check' },
            { name: 'symbol' },
            { name: 'value', isNumber: true, cell: exactNumber },
            { name: 'threshold', isNumber: true, cell: exactNumber },
            {
              name: 'time',
              cell: (_, row) => timeText(timeOf(row.open_time ?? row.found_at ?? row.checked_at)),
            },
          ],
          quality.data,
        ),
      ),
    ),
  );
};

function severity(value: unknown): HTMLElement {
  const kind = value === 'error' ? 'fail' : value === 'warning' || value === 'warn' ? 'warn' : 'ok';
  return h('span', { class: `badge ${kind}` }, String(value));
}

/** A strip for each venue and stream. */
function strips(rows: readonly Row[], fromMs: number): HTMLElement {
  const byStream = new Map<string, Row[]>();
  for (const row of rows) {
    const name = [row.venue ?? 'binance', row.source, row.stream].filter(Boolean).join(' · ');
    byStream.set(name, [...(byStream.get(name) ?? []), row]);
  }
  if (byStream.size === 0) return h('p', { class: 'note' }, 'Nothing was recorded in this time.');
  const nowMs = Date.now();
  const across = (timeMs: number) => ((Math.max(timeMs, fromMs) - fromMs) / (nowMs - fromMs)) * WIDTH;
  const parts = [...byStream]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([name, spans]) => {
      const rects = spans.map((span) => {
        const [start, end] = [across(timeOf(span.started_at)), across(timeOf(span.ended_at))];
        return svg('rect', {
          x: start,
          y: 0,
          width: Math.max(0.8, end - start),
          height: ROW_HEIGHT - 8,
          fill: COLORS[String(span.state)] ?? 'var(--faint)',
        });
      });
      const background = svg('rect', {
        x: 0,
        y: 0,
        width: WIDTH,
        height: ROW_HEIGHT - 8,
        fill: 'var(--line)',
        'fill-opacity': 0.5,
      });
      const figure = h('figure', { style: 'margin: 0 0 8px' }, h('figcaption', { class: 'note' }, name));
      figure.append(
        svg(
          'svg',
          {
            viewBox: `0 0 ${WIDTH} ${ROW_HEIGHT - 8}`,
            preserveAspectRatio: 'none',
            style: 'height: 14px',
            role: 'img',
            'aria-label': `Coverage of ${name}`,
          },
          background,
          ...rects,
        ),
      );
      return figure;
    });
  return h(
    'div',
    {},
    ...parts,
    h('p', { class: 'note' }, `${timeText(fromMs, 'minute')} to ${timeText(nowMs, 'minute')}`),
  );
}
