/**
 * Rows of one table as columns of plain numbers and strings, split by partition: the form in which a segment's rows
 * gather before Polars sees them. Times are microseconds since the epoch; null is null.
 */

import type { LakeTable } from '../../lake/lake-tables.ts';
import { type Column, NumberColumn, TextColumn } from './column-builder.ts';

export type Cell = string | number | null;

/** A row by column name, without the partition column. */
export type Row<T extends LakeTable> = { readonly [K in Exclude<keyof T['columns'], 'date'>]: Cell };

/** Columns by name; all of the same length. */
export interface Columns {
  readonly byName: Readonly<Record<string, Column>>;
  rowCount: number;
}

/** The columns of one table by name, each of its kind. */
export type TypedColumns<T extends LakeTable> = {
  readonly [K in Exclude<keyof T['columns'], 'date'>]: T['columns'][K] extends 'string'
    ? TextColumn
    : NumberColumn;
};

const DAY_US = 86_400_000_000;

export class TableBatch<T extends LakeTable = LakeTable> {
  readonly table: T;
  /** By day since the epoch: making a date text for each row would cost more than all else. */
  readonly #days = new Map<number, Columns>();
  #rowCount = 0;

  constructor(table: T) {
    this.table = table;
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  /** Columns by partition date (`YYYY-MM-DD`). */
  get partitions(): ReadonlyMap<string, Columns> {
    return new Map([...this.#days].map(([day, columns]) => [dateText(day), columns]));
  }

  /**
   * Begins a row: one cell has to be pushed to every column. For the many rows of a burst; `add` is for the few.
   * @param dateUs the time whose UTC date is the row's partition.
   */
  begin(dateUs: number): TypedColumns<T> {
    const columns = this.#columnsOf(Math.floor(dateUs / DAY_US));
    columns.rowCount++;
    this.#rowCount++;
    return columns.byName as TypedColumns<T>;
  }

  /** Adds a row as an object. */
  add(dateUs: number, row: Row<T>): void {
    const columns = this.begin(dateUs) as Readonly<Record<string, Column>>;
    for (const [name, column] of Object.entries(columns)) {
      column.push(((row as Readonly<Record<string, Cell>>)[name] ?? null) as never);
    }
  }

  #columnsOf(day: number): Columns {
    let columns = this.#days.get(day);
    if (columns === undefined) {
      const names = Object.keys(this.table.columns).filter((name) => name !== this.table.partitionBy);
      const byName = Object.fromEntries(
        names.map((name) => [
          name,
          this.table.columns[name] === 'string' ? new TextColumn() : new NumberColumn(),
        ]),
      );
      columns = { byName, rowCount: 0 };
      this.#days.set(day, columns);
    }
    return columns;
  }
}

function dateText(day: number): string {
  return new Date(day * 86_400_000).toISOString().slice(0, 10);
}
