/** Bars of the stocks that are watched, asked for minute by minute, with their splits and dividends. */
import { murmur3 } from '../../base/murmur3.ts';
import { BAR_CORRECTIONS_TABLE } from '../../lake/tables/bar-corrections.ts';
import { BARS_1M_TABLE } from '../../lake/tables/bars-1m.ts';
import { CORPORATE_ACTIONS_TABLE } from '../../lake/tables/corporate-actions.ts';
import type { CorporateAction } from '../corporate-action.ts';
import { readResponse } from '../record-text.ts';
import type { Source } from '../source.ts';
import { YAHOO_HISTORY } from './history.ts';
import { parseChart } from './parse-chart.ts';

const VENUE = 'yahoo';
/** No answer is about what is older than 30 days: an action that is sent again is known for longer. */
const ACTION_WINDOW_MS = 40 * 86_400_000;
const MAX_UNITS = 192;

const units = new Uint16Array(MAX_UNITS);
const words = new Uint32Array(units.buffer);
const hash = new Uint32Array(4);

export const YAHOO_BARS: Source = {
  id: 'bars-yahoo',
  venue: VENUE,
  command: 'bars',
  coverageSource: 'bars',
  tables: [BARS_1M_TABLE, BAR_CORRECTIONS_TABLE, CORPORATE_ACTIONS_TABLE],
  history: YAHOO_HISTORY,
  dedup: {
    table: CORPORATE_ACTIONS_TABLE,
    columns: ['market', 'symbol', 'kind', 'action_time', 'value'],
    receivedAt: 'known_at',
    leastWindowMs: ACTION_WINDOW_MS,
    hashRow({ market, symbol, kind, action_time: timeUs, value }, into) {
      if (typeof market !== 'string' || typeof symbol !== 'string' || typeof kind !== 'string') return false;
      hashAction([market, symbol, kind, Number(timeUs), Number(value)], into);
      return true;
    },
  },
  decode(record, _facts, rows) {
    const { request, body } = readResponse(record);
    const { market, stream, startedAtUs, history } = request;
    if (history === undefined) return;
    const { symbol, fromUs, toUs } = history;
    const chart = parseChart(body, symbol, toUs);
    if (typeof chart === 'string') {
      rows.quarantine(chart, body, market);
      rows.polled({ stream, market, startedAtUs, rows: 0, failure: chart });
      return;
    }
    for (const { raw, reason } of chart.bad) rows.quarantine(reason, raw, market);
    const bars = chart.bars.filter(({ openTimeUs }) => openTimeUs >= fromUs);
    for (const bar of bars) rows.bar(bar, 'rest');
    for (const action of chart.events) {
      if (!isNewAction(market, symbol, action, (hashed) => rows.isNew(hashed, market))) continue;
      rows.add(CORPORATE_ACTIONS_TABLE, {}, actionRow(market, symbol, action, record.receivedAtUs));
    }
    rows.polled({ stream, market, startedAtUs, rows: bars.length });
  },
};

function isNewAction(
  market: string,
  symbol: string,
  { kind, timeUs, value }: CorporateAction,
  isNew: (hash: Uint32Array) => boolean,
): boolean {
  hashAction([market, symbol, kind, timeUs, value], hash);
  return isNew(hash);
}

function actionRow(
  market: string,
  symbol: string,
  { kind, timeUs, value }: CorporateAction,
  knownAtUs: number,
) {
  return { venue: VENUE, market, symbol, kind, action_time: timeUs, value, known_at: knownAtUs };
}

function hashAction(parts: readonly (string | number)[], into: Uint32Array): void {
  units.fill(0);
  const text = parts.join(' ');
  for (let i = 0; i < text.length && i < MAX_UNITS; i++) units[i] = text.charCodeAt(i);
  murmur3(words, MAX_UNITS / 2, into);
}
