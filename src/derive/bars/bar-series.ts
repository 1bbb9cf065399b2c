/**
 * Bars of one symbol and length as typed arrays, oldest first. Times are microseconds since the epoch; NaN is null. Only
 * a window of the past is looked at, so that a live series may forget what is older.
 */
import { BAR_VALUE_COLUMNS } from '../../lake/tables/bar-columns.ts';
import type { Timeframe } from '../../lake/timeframe.ts';

export const COMPLETENESS = ['proven', 'counted', 'quiet', 'partial'] as const;
export const ORIGINS = ['stream', 'rest', 'archive', 'trades', 'mixed'] as const;
export const PARTIAL = COMPLETENESS.indexOf('partial');
/** Stands for a word that this version does not know. */
export const UNKNOWN_CODE = 255;

/** The columns that hold numbers, by their name in the table. */
export const SERIES_COLUMNS = ['open_time', ...BAR_VALUE_COLUMNS, 'event_time', 'known_at'] as const;
/** Two bars that differ in one of these say different things. */
const VALUES = ['open', 'high', 'low', 'close', 'volume', 'trade_count'] as const;
export type SeriesColumn = (typeof SERIES_COLUMNS)[number];
/** And those that hold a word's code. */
export const BAR_COLUMNS = [...SERIES_COLUMNS, 'completeness', 'origin'] as const;
export type BarColumn = (typeof BAR_COLUMNS)[number];
const NOTHING = new Float64Array(0);

export class BarSeries {
  readonly timeframe: Timeframe;
  /** Those that it has: the arrays of others are empty. */
  readonly #names: readonly SeriesColumn[];
  length = 0;
  columns: Record<SeriesColumn, Float64Array>;
  completeness: Uint8Array;
  origin: Uint8Array;
  /** Open times of rows that were left out because another row of that time says something else. */
  conflicting: readonly number[] = [];

  constructor(timeframe: Timeframe, capacity = 64, names: readonly BarColumn[] = SERIES_COLUMNS) {
    this.timeframe = timeframe;
    this.#names = SERIES_COLUMNS.filter((name) => names.includes(name));
    this.columns = Object.fromEntries(
      SERIES_COLUMNS.map((name) => [name, names.includes(name) ? new Float64Array(capacity) : NOTHING]),
    ) as Record<SeriesColumn, Float64Array>;
    this.completeness = new Uint8Array(capacity);
    this.origin = new Uint8Array(capacity);
  }

  /** Makes room for `more` rows; what is looked at afterwards are new arrays. */
  reserve(more: number): void {
    const needed = this.length + more;
    const capacity = this.completeness.length;
    if (needed <= capacity) return;
    const grown = Math.max(needed, capacity * 2);
    for (const name of this.#names) {
      const array = new Float64Array(grown);
      array.set(this.columns[name]);
      this.columns[name] = array;
    }
    this.completeness = grownBytes(this.completeness, grown);
    this.origin = grownBytes(this.origin, grown);
  }

  /** Copies one row of another series to the end. */
  push(from: BarSeries, row: number): void {
    this.reserve(1);
    const at = this.length++;
    for (const name of this.#names) this.columns[name][at] = from.columns[name][row] ?? Number.NaN;
    this.completeness[at] = from.completeness[row] ?? UNKNOWN_CODE;
    this.origin[at] = from.origin[row] ?? UNKNOWN_CODE;
  }

  /** Puts a row of another series over one of this. */
  replace(at: number, from: BarSeries, row: number): void {
    for (const name of this.#names) this.columns[name][at] = from.columns[name][row] ?? Number.NaN;
    this.completeness[at] = from.completeness[row] ?? UNKNOWN_CODE;
    this.origin[at] = from.origin[row] ?? UNKNOWN_CODE;
  }

  /** Forgets all but the newest rows. */
  keepLast(rows: number): void {
    const drop = this.length - rows;
    if (drop <= 0) return;
    for (const name of this.#names) this.columns[name].copyWithin(0, drop, this.length);
    this.completeness.copyWithin(0, drop, this.length);
    this.origin.copyWithin(0, drop, this.length);
    this.length = rows;
  }

  /** In order of time, one row a time: the first that came. Most series are so already. */
  sort(): void {
    const times = this.columns.open_time;
    let inOrder = true;
    for (let row = 1; inOrder && row < this.length; row++)
      inOrder = (times[row] ?? 0) > (times[row - 1] ?? 0);
    if (inOrder) return;
    const order = Array.from({ length: this.length }, (_, row) => row).sort(
      (a, b) => (times[a] ?? 0) - (times[b] ?? 0) || earlier(this, a, b),
    );
    const isTwice = (row: number, index: number) => times[row] === times[order[index - 1] ?? 0];
    const isSame = (a: number, b: number) =>
      VALUES.every((name) => Object.is(this.columns[name][a], this.columns[name][b]));
    this.conflicting = order
      .filter((row, index) => index > 0 && isTwice(row, index) && !isSame(row, order[index - 1] ?? 0))
      .map((row) => times[row] ?? 0);
    const rows = order.filter((row, index) => index === 0 || !isTwice(row, index));
    const sorted = new BarSeries(this.timeframe, rows.length, this.#names);
    for (const row of rows) sorted.push(this, row);
    this.columns = sorted.columns;
    this.completeness = sorted.completeness;
    this.origin = sorted.origin;
    this.length = sorted.length;
  }

  /** The first row that is not before a time. */
  firstAtOrAfter(timeUs: number): number {
    const times = this.columns.open_time;
    let [low, high] = [0, this.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((times[middle] ?? 0) < timeUs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Rows with one key should not be there; whatever the order of arrival, the same one of them is taken. */
function earlier(series: BarSeries, a: number, b: number): number {
  for (const name of ['known_at', ...SERIES_COLUMNS] as const) {
    const difference = (series.columns[name][a] ?? 0) - (series.columns[name][b] ?? 0);
    if (difference !== 0 && !Number.isNaN(difference)) return difference;
  }
  return (series.completeness[a] ?? 0) - (series.completeness[b] ?? 0);
}

function grownBytes(bytes: Uint8Array, length: number): Uint8Array {
  const grown = new Uint8Array(length);
  grown.set(bytes);
  return grown;
}
