/** Adds a column to a list that shows the last 24 hours of each row as a sparkline. */
import type { Answer } from '../../query/overview/overview-data.ts';
import { sparkline } from './sparkline.ts';

export const TREND_COLUMN = 'last_24_h';
const HOURS = 24;

export interface TrendLook {
  /** A character shows the greatest value of so many hours. */
  readonly hoursPerChar: number;
  readonly unicode: boolean;
  readonly floor: number | undefined;
}

/** @param trend key columns of the list, then `hour` (0 to 23) and `value`. */
export function addTrend(list: Answer, trend: Answer, { hoursPerChar, unicode, floor }: TrendLook): Answer {
  const keys = trend.columns.slice(0, -2);
  const places = keys.map((key) => list.columns.indexOf(key));
  const series = new Map<string, (number | undefined)[]>();
  for (const row of trend.rows) {
    const key = JSON.stringify(row.slice(0, keys.length));
    const values = series.get(key) ?? new Array<number | undefined>(HOURS / hoursPerChar).fill(undefined);
    const slot = Math.floor(Number(row.at(-2)) / hoursPerChar);
    values[slot] = Math.max(values[slot] ?? 0, Number(row.at(-1) ?? 0));
    series.set(key, values);
  }
  const rows = list.rows.map((row) => {
    const values = series.get(JSON.stringify(places.map((place) => row[place] ?? null))) ?? [];
    return [...row, sparkline(values, unicode, floor)];
  });
  return { columns: [...list.columns, TREND_COLUMN], rows };
}
