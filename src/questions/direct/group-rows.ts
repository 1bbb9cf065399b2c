/** Rows of a series out of one row group, as numbers in the layout that rows have in memory. */
import type { DataFooter, StoredGroup, StoredType } from '../../parquet/data-footer.ts';
import { StoredValues } from '../../parquet/stored-values.ts';
import { CODE_RANGE, type RowLayout } from '../recent/row-layout.ts';
import { DAY_US } from '../recent/series-text.ts';
import type { Wanted } from './choose-groups.ts';

export interface GroupSource {
  readonly footer: DataFooter;
  readonly group: StoredGroup;
  /** The bytes of the group, which begin at `startByte` of the file. */
  readonly bytes: Uint8Array;
  readonly startByte: number;
}

/** The columns of a row group; each is made ready when it is first wanted. */
export class GroupColumns {
  readonly #source: GroupSource;
  readonly #ready = new Map<string, StoredValues>();

  constructor(source: GroupSource) {
    this.#source = source;
  }

  /** @throws Error as {@link StoredValues}, and for a column of another type, or that the file lacks. */
  values(name: string, type: StoredType): StoredValues {
    const { footer, group, bytes, startByte } = this.#source;
    const index = footer.columns.findIndex((column) => column.name === name);
    const column = footer.columns[index];
    if (column?.type !== type) throw new Error(`a column \`${name}\` of another type, or none`);
    const known = this.#ready.get(name);
    if (known) return known;
    const start = (group.chunks[index * 2] as number) - startByte;
    const chunk = bytes.subarray(start, start + (group.chunks[index * 2 + 1] as number));
    const values = new StoredValues(chunk, column, group.codecs[index] as number, group.rows);
    this.#ready.set(name, values);
    return values;
  }
}

export interface RowShape {
  readonly layout: RowLayout;
  readonly timeframe: string;
  readonly isPartition: (name: string) => boolean;
  /** Days since the epoch by the name of the partition column. */
  readonly partitions: Readonly<Record<string, number>>;
  /** The number of a text; the same one for the same text. */
  readonly codeOf: (text: string | null) => number;
}

/** @returns the rows that are wanted, ascending. @throws Error also where a row does not say of which series it is. */
export function wantedRows(columns: GroupColumns, wanted: Wanted, timeColumn: string): number[] {
  const { venue, market, symbol, fromUs, toUs } = wanted;
  let rows = columns.values('symbol', 'text').rowsWith(symbol);
  if (rows.length === 0) return rows;
  const times = columns.values(timeColumn, 'timestamp').numbers(rows);
  rows = rows.filter((_, at) => (times[at] as number) >= fromUs && (times[at] as number) < toUs);
  for (const [name, value] of Object.entries({ venue, market })) {
    const texts = columns.values(name, 'text').texts(rows);
    if (texts.includes(null)) throw new Error('a row of an unknown series');
    if (texts.some((text) => text !== value)) rows = rows.filter((_, at) => texts[at] === value);
  }
  return rows;
}

/** @throws Error also for rows that do not fit into the layout: numbers alone cannot hold them. */
export function groupRows(stored: GroupColumns, rows: readonly number[], shape: RowShape): Float64Array {
  const { layout, timeframe, partitions, codeOf } = shape;
  const { columns, width, timeColumn, stepUs } = layout;
  const cells = new Float64Array(rows.length * width);
  const times = stored.values(timeColumn, 'timestamp').numbers(rows);
  const put = (slot: number, values: Float64Array) => {
    for (let row = 0, at = slot; row < rows.length; row++, at += width) cells[at] = values[row] as number;
  };
  for (const { name, kind, slot } of columns) {
    const partition = partitions[name];
    if (kind === 'day' || kind === 'date') {
      if (partition === undefined) throw new Error('a date that is no partition');
      if (kind === 'day') requireAll(times, (time) => Math.floor(time / DAY_US) === partition);
      else put(slot, new Float64Array(rows.length).fill(partition));
    } else if (kind === 'shared') {
      // The others were looked at when the rows were chosen, and so was a partition, of which the file has nothing.
      if (name === 'timeframe' && !shape.isPartition(name))
        requireAll(stored.values(name, 'text').texts(rows), (text) => text === timeframe);
    } else if (kind === 'end') {
      const ends = stored.values(name, 'timestamp').numbers(rows);
      requireAll(ends, (end, row) => end === (times[row] as number) + stepUs);
    } else if (kind === 'code') {
      const texts = stored.values(name, 'text').texts(rows);
      for (let row = 0, at = width - 1; row < rows.length; row++, at += width)
        cells[at] = (cells[at] as number) + codeOf(texts[row] ?? null) * CODE_RANGE ** slot;
    } else put(slot, name === timeColumn ? times : stored.values(name, kind).numbers(rows));
  }
  return cells;
}

function requireAll<T>(values: ArrayLike<T>, is: (value: T, row: number) => boolean): void {
  for (let row = 0; row < values.length; row++)
    if (!is(values[row] as T, row)) throw new Error('a row that does not fit');
}
