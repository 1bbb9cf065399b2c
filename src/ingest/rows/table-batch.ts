/**
 * Rows of one table as columns of plain numbers and strings, split by partition: the form in which a segment's rows
 * gather before Polars sees them. Times are microseconds since the epoch; null is null.
 */

import type { LakeTable } from '../../lake/table.ts';
import type { Cell, FileColumn, Row, RowSinks } from '../../sources/rows.ts';
import { type Column, NumberColumn, TextColumn } from './column-builder.ts';

/** Columns by name; all of the same length. */
export interface Columns {
  readonly byName: Readonly<Record<string, Column>>;
  rowCount: number;
}

/** The columns of one table by name, for who fills many rows at once. */
export type ColumnsOf<T extends LakeTable> = {
  readonly [K in FileColumn<T>]: T['columns'][K] extends 'string' ? TextColumn : NumberColumn;
};

export interface Partition {
  /** A text for each partition column. */
  readonly values: Readonly<Record<string, string>>;
  readonly columns: Columns;
}

const DAY_US = 86_400_000_000;

export class TableBatch<T extends LakeTable = LakeTable> {
  readonly table: T;
  /** By day since the epoch: making a date text for each row would cost more than all else. */
  readonly #days = new Map<number, Columns>();
  readonly #others = new Map<string, Partition>();
  /** The many rows of one partition mostly come one after the other, with the same object. */
  #last: Partition | undefined;
  #spare: Columns | undefined;
  #rowCount = 0;

  constructor(table: T) {
    this.table = table;
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  get partitions(): readonly Partition[] {
    const days = [...this.#days].map(([day, columns]) => ({ values: { date: dateText(day) }, columns }));
    return [...days, ...this.#others.values()];
  }

  /**
   * Begins a row of a table that is partitioned by `date`: one cell has to be pushed to every column. For the many rows
   * of a burst; `add` is for the few.
   * @param dateUs the time whose UTC date is the row's partition.
   */
  begin(dateUs: number): RowSinks<T> {
    const day = Math.floor(dateUs / DAY_US);
    let columns = this.#days.get(day);
    if (columns === undefined) {
      columns = this.#empty();
      this.#days.set(day, columns);
    }
    return this.#row(columns);
  }

  /** The same for a table with other partition columns, or none. */
  beginIn(values: Partition['values']): RowSinks<T> {
    return this.#row(this.#in(values));
  }

  /** Begins many rows of one partition: as many cells have to be put into every column. */
  beginRows(values: Partition['values'], count: number): ColumnsOf<T> {
    return this.#row(this.#in(values), count) as unknown as ColumnsOf<T>;
  }

  #in(values: Partition['values']): Columns {
    if (values === this.#last?.values) return this.#last.columns;
    const key = JSON.stringify(this.table.partitionBy.map((name) => values[name]));
    let partition = this.#others.get(key);
    if (partition === undefined) {
      partition = { values, columns: this.#spare ?? this.#empty() };
      this.#spare = undefined;
      this.#others.set(key, partition);
    }
    this.#last = partition;
    return partition.columns;
  }

  /** Adds a row as an object. @param where the time whose date is the partition, or the partition's values. */
  add(where: number | Partition['values'], row: Row<T>): void {
    const columns = typeof where === 'number' ? this.begin(where) : this.beginIn(where);
    for (const [name, column] of Object.entries(columns as unknown as Readonly<Record<string, Column>>)) {
      column.push(((row as Readonly<Record<string, Cell>>)[name] ?? null) as never);
    }
  }

  /** Forgets its rows, and keeps the memory that they took for those of one partition. */
  clear(): void {
    const columns = this.#last?.columns;
    this.#days.clear();
    this.#others.clear();
    this.#last = undefined;
    this.#rowCount = 0;
    if (columns === undefined) return;
    for (const column of Object.values(columns.byName)) column.clear();
    columns.rowCount = 0;
    this.#spare = columns;
  }

  #row(columns: Columns, count = 1): RowSinks<T> {
    columns.rowCount += count;
    this.#rowCount += count;
    return columns.byName as unknown as RowSinks<T>;
  }

  #empty(): Columns {
    const names = Object.keys(this.table.columns).filter((name) => !this.table.partitionBy.includes(name));
    const byName = Object.fromEntries(
      names.map((name) => [
        name,
        this.table.columns[name] === 'string' ? new TextColumn() : new NumberColumn(),
      ]),
    );
    return { byName, rowCount: 0 };
  }
}

function dateText(day: number): string {
  return new Date(day * 86_400_000).toISOString().slice(0, 10);
}
