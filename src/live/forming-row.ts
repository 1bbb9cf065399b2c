/** The bar of a symbol that is not closed yet, of any length: that of 1m as it came, a longer one of its minutes so far. */
import type { DuckDBValue } from '@duckdb/node-api';
import { BarSeries } from '../derive/bars/bar-series.ts';
import { formingBar } from '../derive/bars/forming-bar.ts';
import { BAR_VALUE_COLUMNS } from '../lake/tables/bar-columns.ts';
import { minutesOf } from '../lake/timeframe.ts';
import { type BarQuestion, listBars } from '../questions/bar-lists.ts';
import { isoOf, type ListAnswer, microsOf, type Page } from '../questions/list-answer.ts';
import type { PinnedLake } from '../questions/pinned-lake.ts';
import { columnOf } from '../questions/result-table.ts';
import { lengthUsOf } from '../questions/timeframes.ts';
import type { LiveRow } from '../sources/live-event.ts';
import type { Hub } from './hub.ts';

/** @returns undefined where nothing forms. */
export async function formingRow(
  lake: PinnedLake,
  question: BarQuestion,
  { signal }: Page,
  answer: ListAnswer,
  hub: Hub,
): Promise<LiveRow | undefined> {
  const { timeframe } = question;
  if (timeframe === '1m') return minuteOf(answer, hub);
  const newest = { ...question, timeframe: '1m', fill: 'none', fromUs: undefined, toUs: undefined } as const;
  const minutes = await listBars(lake, newest, { limit: minutesOf(timeframe), position: undefined, signal });
  const series = seriesOf(minutes);
  const minute = minuteOf(minutes, hub);
  if (minute !== undefined) pushMinute(series, minute);
  const bar = formingBar(series, timeframe)?.columns;
  if (bar === undefined) return undefined;
  const openTimeUs = BigInt(bar.open_time[0] as number);
  const values = BAR_VALUE_COLUMNS.map((name) => [name, orNull(bar[name][0] as number)]);
  const [venue, market, symbol] = keyOf(minutes);
  return {
    ...{ venue, market, symbol, timeframe },
    open_time: isoOf(openTimeUs),
    close_time: isoOf(openTimeUs + lengthUsOf(timeframe)),
    ...Object.fromEntries(values),
    known_at: isoOf(BigInt(bar.known_at[0] as number)),
    closed: false,
  };
}

function keyOf({ rows }: ListAnswer): [string, string, string] {
  const cell = (name: string) => String(columnOf(rows, name)[0] ?? '');
  return [cell('venue'), cell('market'), cell('symbol')];
}

function minuteOf(answer: ListAnswer, hub: Hub): LiveRow | undefined {
  return hub.formingOf(...keyOf(answer));
}

function seriesOf({ rows }: ListAnswer): BarSeries {
  const series = new BarSeries('1m', rows.rowCount + 1);
  series.length = rows.rowCount;
  for (const name of ['open_time', 'known_at', ...BAR_VALUE_COLUMNS] as const) {
    const column = columnOf(rows, name);
    for (let row = 0; row < rows.rowCount; row++) series.columns[name][row] = numberOf(column[row]);
  }
  return series;
}

/** Unless it is closed and stored by now. */
function pushMinute(series: BarSeries, minute: LiveRow): void {
  const openTimeUs = Number(microsOf(String(minute.open_time)));
  if (series.length > 0 && openTimeUs <= (series.columns.open_time[series.length - 1] as number)) return;
  const at = series.length++;
  series.columns.open_time[at] = openTimeUs;
  series.columns.known_at[at] = Number(microsOf(String(minute.known_at)));
  for (const name of BAR_VALUE_COLUMNS) series.columns[name][at] = numberOf(minute[name] as DuckDBValue);
}

/** Times as microseconds since the epoch; NaN where there is nothing. */
function numberOf(value: DuckDBValue | undefined): number {
  if (typeof value === 'object' && value !== null && 'micros' in value) return Number(value.micros);
  return value === null || value === undefined ? Number.NaN : Number(value);
}

function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
