/** The tape of forced orders, totals by venue and side, a strip by hour, and the largest. Totals are lower bounds. */
import { post, type Row } from '../api.ts';
import type { LiquidationBucket } from '../chart/price-chart.ts';
import { h, svg } from '../dom.ts';
import { liquidationBuckets } from '../liquidation-buckets.ts';
import { problem } from '../problem.ts';
import { rowsTable, type TableColumn } from '../rows-table.ts';
import { compactNumber, exactNumber, timeOf, timeText } from '../text.ts';
import type { View } from '../view.ts';

const HOUR_MS = 3_600_000;
const STRIP_HOURS = 48;
const TAPE_ROWS = 100;
const LARGEST_SQL = `SELECT trade_time, venue, symbol, side, quantity, coalesce(average_price, price) AS price, notional
FROM liquidation WHERE trade_time >= now() - INTERVAL 48 HOUR
ORDER BY notional DESC NULLS LAST, trade_time, symbol LIMIT 20`;
const NEWEST_SQL = `SELECT trade_time, venue, symbol, side, quantity, coalesce(average_price, price) AS price, notional
FROM liquidation WHERE trade_time >= now() - INTERVAL 48 HOUR ORDER BY trade_time DESC LIMIT ${TAPE_ROWS}`;
const TOTALS_SQL = `SELECT venue, market, side, count(*) AS orders, sum(notional) AS notional_at_least
FROM liquidation WHERE trade_time >= now() - INTERVAL 24 HOUR GROUP BY ALL ORDER BY ALL`;

const TAPE_COLUMNS: readonly TableColumn[] = [
  { name: 'trade_time', title: 'time', cell: (value) => timeText(timeOf(value)) },
  { name: 'venue' },
  { name: 'symbol' },
  { name: 'side', cell: sideCell },
  { name: 'quantity', isNumber: true, cell: exactNumber },
  { name: 'price', isNumber: true, cell: (value, row) => exactNumber(value ?? row.average_price) },
  { name: 'notional', isNumber: true, cell: compactNumber },
];

export const liquidationsView: View = async (root, { signal, live }) => {
  root.append(
    h('h2', {}, 'Liquidations'),
    h(
      'p',
      { class: 'note' },
      'A venue may send only a sample of its forced orders: totals are lower bounds (“at least”). SELL closes a long, BUY closes a short.',
    ),
  );
  const strip = h('div', { class: 'panel' });
  const totals = h('div', { class: 'panel' });
  const largest = h('div', { class: 'panel' });
  const tape = h('div', { class: 'panel' });
  root.append(strip, h('div', { class: 'columns' }, totals, largest), tape);
  const from = new Date(Date.now() - STRIP_HOURS * HOUR_MS).toISOString();
  await Promise.all([
    fill(strip, async () => heatStrip(await liquidationBuckets({ bucket: '1h', from }, signal))),
    fill(totals, async () => totalsTable(await rowsOf(TOTALS_SQL, signal))),
    fill(largest, async () => rowsTable('Largest of 48 h', TAPE_COLUMNS, await rowsOf(LARGEST_SQL, signal))),
    fill(tape, async () => {
      const rows = [...(await rowsOf(NEWEST_SQL, signal))];
      const draw = () => tape.replaceChildren(rowsTable('Newest orders, live', TAPE_COLUMNS, rows));
      const stop = live.subscribe({ channel: 'liquidations' }, ({ type, data }) => {
        if (type !== 'update') return;
        rows.unshift(...(Array.isArray(data) ? (data as Row[]) : [data as Row]));
        rows.length = Math.min(rows.length, TAPE_ROWS);
        draw();
      });
      signal.addEventListener('abort', stop);
      return rowsTable('Newest orders, live', TAPE_COLUMNS, rows);
    }),
  ]);

  async function fill(panel: HTMLElement, content: () => Promise<HTMLElement>): Promise<void> {
    try {
      panel.replaceChildren(await content());
    } catch (error) {
      if (!signal.aborted) panel.replaceChildren(problem(error));
    }
  }
};

async function rowsOf(sql: string, signal: AbortSignal): Promise<readonly Row[]> {
  const response = await post('/sql', { sql }, { signal });
  return ((await response.json()) as { readonly data: readonly Row[] }).data;
}

function sideCell(value: unknown): HTMLElement {
  const isLong = value === 'SELL';
  return h('span', { class: isLong ? 'down' : 'up' }, isLong ? 'long closed' : 'short closed');
}

function totalsTable(rows: readonly Row[]): HTMLElement {
  return rowsTable(
    'Totals of 24 h by venue and side, at least',
    [
      { name: 'venue' },
      { name: 'market' },
      { name: 'side', cell: sideCell },
      { name: 'orders', isNumber: true, cell: exactNumber },
      { name: 'notional_at_least', title: 'notional, at least', isNumber: true, cell: compactNumber },
    ],
    rows,
  );
}

/** A cell an hour, the darker the more was liquidated; an hour without any is empty. */
function heatStrip(buckets: readonly LiquidationBucket[]): HTMLElement {
  const lastHour = Math.floor(Date.now() / HOUR_MS);
  const byHour = new Map(buckets.map((bucket) => [Math.floor(bucket.timeMs / HOUR_MS), bucket]));
  const highest = Math.max(1, ...buckets.map(({ longs, shorts }) => longs + shorts));
  const cells = Array.from({ length: STRIP_HOURS }, (_, index) => {
    const hour = lastHour - STRIP_HOURS + 1 + index;
    const { longs = 0, shorts = 0 } = byHour.get(hour) ?? {};
    const opacity = longs + shorts === 0 ? 0.06 : 0.15 + 0.85 * Math.sqrt((longs + shorts) / highest);
    const color = longs >= shorts ? 'var(--down)' : 'var(--up)';
    const text = `${timeText(hour * HOUR_MS, 'minute')}: longs ≥ ${compactNumber(longs)}, shorts ≥ ${compactNumber(shorts)}`;
    return svg(
      'rect',
      { x: index * 20, y: 0, width: 19, height: 34, fill: color, 'fill-opacity': opacity },
      svg('title', {}, text),
    );
  });
  const figure = h(
    'figure',
    { style: 'margin: 0' },
    h('figcaption', {}, `Notional by hour, at least; the last ${STRIP_HOURS} h`),
  );
  figure.append(
    svg(
      'svg',
      { viewBox: `0 0 ${STRIP_HOURS * 20} 52`, role: 'img', 'aria-label': 'Liquidated notional by hour' },
      ...cells,
      svg('text', { x: 0, y: 48 }, timeText((lastHour - STRIP_HOURS + 1) * HOUR_MS, 'minute')),
      svg(
        'text',
        { x: STRIP_HOURS * 20, y: 48, 'text-anchor': 'end' },
        timeText(lastHour * HOUR_MS, 'minute'),
      ),
    ),
  );
  return figure;
}
