/** Bars of one period on their way to another thread: their memory goes over as it is. */
import type { Timeframe } from '../../lake/timeframe.ts';
import { BarSeries, type SeriesColumn } from '../bars/bar-series.ts';
import type { SeriesById } from '../input/read-series.ts';

export interface HandedBars {
  /** Of the period. */
  readonly startUs: number;
  /** Those that it was read for, with or without bars. */
  readonly ids: readonly number[];
  /** How many bars of each. */
  readonly rows: readonly number[];
  /** One symbol after the other, and of each one column after the other. */
  readonly cells: Float64Array;
}

/** A copy. */
export function packBars(
  startUs: number,
  ids: readonly number[],
  series: SeriesById,
  columns: readonly SeriesColumn[],
): HandedBars {
  const rows = ids.map((id) => series.get(id)?.length ?? 0);
  const cells = new Float64Array(columns.length * rows.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const [index, id] of ids.entries()) {
    const length = rows[index] as number;
    for (const name of columns) {
      const values = series.get(id)?.columns[name].subarray(0, length);
      if (values !== undefined) cells.set(values, at);
      at += length;
    }
  }
  return { startUs, ids, rows, cells };
}

export function unpackBars(
  { ids, rows, cells }: HandedBars,
  timeframe: Timeframe,
  columns: readonly SeriesColumn[],
): SeriesById {
  const byId: SeriesById = new Map();
  let at = 0;
  for (const [index, id] of ids.entries()) {
    const length = rows[index] as number;
    if (length === 0) continue;
    const series = new BarSeries(timeframe, 0, columns);
    for (const name of columns) {
      series.columns[name] = cells.subarray(at, at + length);
      at += length;
    }
    series.length = length;
    byId.set(id, series);
  }
  return byId;
}
