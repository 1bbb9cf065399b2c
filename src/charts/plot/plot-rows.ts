/** Which pictures the rows of any query are: a line or bars for each of its columns of numbers. */
import { LakeError } from '../../base/errors.ts';
import { type JsonValue, toText } from '../../output/json-value.ts';
import type { Row } from '../../output/row-writer.ts';
import { MAX_SERIES } from './drawing.ts';
import type { Plot, Series } from './plot.ts';

export interface PlotColumn {
  readonly name: string;
  readonly kind: 'time' | 'number' | 'text';
}

/** Rows that a picture takes. */
export const MAX_PLOT_ROWS = 20_000;
const MAX_BARS = 60;
const MAX_PLOTS = 8;

/**
 * With a time: lines, one for each of the texts beside it. Without: bars named by the texts, or by the first column.
 * @throws LakeError USAGE when there is nothing to draw.
 */
export function plotRows(columns: readonly PlotColumn[], rows: readonly Row[]): readonly Plot[] {
  const indexes = (kind: PlotColumn['kind']) =>
    columns.flatMap((column, index) => (column.kind === kind ? [index] : []));
  const numbers = indexes('number');
  const texts = indexes('text');
  const [time] = indexes('time');
  const names = texts.length === 0 && time === undefined && numbers.length > 1 ? numbers.slice(0, 1) : texts;
  const drawn = numbers.filter((index) => !names.includes(index)).slice(0, MAX_PLOTS);
  if (drawn.length === 0 || rows.length === 0) {
    throw new LakeError('USAGE', rows.length === 0 ? 'there are no rows to draw' : 'no column has numbers', {
      hint: "ask for a time or a name and numbers, such as `SELECT date_trunc('hour', trade_time), count(*) FROM liquidation GROUP BY 1`",
    });
  }
  const nameOf = (row: Row) => names.map((index) => toText(row[index] ?? null)).join(' · ');
  return drawn.map((index): Plot => {
    const title = columns[index]?.name ?? '';
    if (time === undefined) return bars(title, rows, index, nameOf);
    const series = seriesOf(rows, time, index, nameOf);
    const left = series.length - MAX_SERIES;
    const note = left > 0 ? `${title} (${left} more are not drawn)` : title;
    return { kind: 'lines', title: note, series: series.slice(0, MAX_SERIES) };
  });
}

function bars(title: string, rows: readonly Row[], index: number, nameOf: (row: Row) => string): Plot {
  const left = rows.length - MAX_BARS;
  return {
    kind: 'bars',
    title: left > 0 ? `${title} (the first ${MAX_BARS}; ${left} more are not drawn)` : title,
    parts: [title],
    bars: rows.slice(0, MAX_BARS).map((row, place) => ({
      label: nameOf(row) || String(place + 1),
      values: [toNumber(row[index] ?? null)],
    })),
  };
}

function seriesOf(
  rows: readonly Row[],
  time: number,
  index: number,
  nameOf: (row: Row) => string,
): readonly Series[] {
  const byName = new Map<string, [number, number | null][]>();
  for (const row of rows) {
    const timeMs = toTime(row[time] ?? null);
    if (Number.isNaN(timeMs)) continue;
    const points = byName.get(nameOf(row)) ?? [];
    points.push([timeMs, toNumber(row[index] ?? null)]);
    byName.set(nameOf(row), points);
  }
  return [...byName].map(([name, points]) => ({ name, points: points.sort(([a], [b]) => a - b) }));
}

/** Dates and times of a query are in UTC, whether they say so or not. */
function toTime(value: JsonValue): number {
  const text = String(value);
  return Date.parse(/T[^Z]*$/.test(text) ? `${text}Z` : text);
}

function toNumber(value: JsonValue): number | null {
  const number = value === null ? Number.NaN : Number(value);
  return Number.isFinite(number) ? number : null;
}
