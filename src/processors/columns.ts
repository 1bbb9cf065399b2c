/**
 * Rows of one table as columns of plain numbers and strings, split by partition: the form in which a segment's rows
 * gather before Polars sees them. Times are microseconds since the epoch; null is null.
 */

import type { LakeTable } from '../models/lake-tables.ts';
import { type Column, NumberColumn, TextColumn } from './column.ts';

export type Cell = string | number | null;

/** A row by column name, without the partition column. */
export type Row<T extends LakeTable> = { readonly [K in Exclude<keyof T['columns'], 'date'>]: Cell };

/** Columns by name; all of the same length. */
export interface Columns {
  readonly byName: Readonly<Record<string, Column>>;
  rowCount: number;
}

export class TableBatch<T extends LakeTable = LakeTable> {
  readonly table: T;
  readonly #names: readonly string[];
  /** By day since the epoch: making a date text for each row would cost more than all else. */
  readonly #days = new Map<number, { readonly columns: Columns; readonly list: readonly Column[] }>();
  #rowCount = 0;

  constructor(table: T) {
    this.table = table;
    this.#names = Object.keys(table.columns).filter((name) => name !== table.partitionBy);
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  /** Columns by partition date (`YYYY-MM-DD`). */
  get partitions(): ReadonlyMap<string, Columns> {
    return new Map([...this.#days].map(([day, { columns }]) => [dateText(day), columns]));
  }

  /** @param dateUs the time whose UTC date is the row's partition. */
  add(dateUs: number, row: Row<T>): void {
    const { columns, list } = this.#columnsOf(Math.floor(dateUs / DAY_US));
    const values = row as Readonly<Record<string, Cell>>;
    for (let i = 0; i < list.length; i++) list[i]?.push((values[this.#names[i] ?? ''] ?? null) as never);
    columns.rowCount++;
    this.#rowCount++;
  }

  #columnsOf(day: number) {
    let entry = this.#days.get(day);
    if (entry === undefined) {
      const list = this.#names.map((name) =>
        this.table.columns[name] === 'string' ? new TextColumn() : new NumberColumn(),
      );
      const byName = Object.fromEntries(
        this.#names.map((name, index) => [name, list[index] ?? new TextColumn()]),
      );
      entry = { columns: { byName, rowCount: 0 }, list };
      this.#days.set(day, entry);
    }
    return entry;
  }
}

const DAY_US = 86_400_000_000;

function dateText(day: number): string {
  return new Date(day * 86_400_000).toISOString().slice(0, 10);
}
