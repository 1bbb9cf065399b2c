/**
 * Rows of one table as columns of plain numbers and strings, split by partition: the form in which a segment's rows
 * gather before Polars sees them. Times are microseconds since the epoch; null is null.
 */
import type { LakeTable } from '../models/lake-tables.ts';

export type Cell = string | number | null;

/** A row by column name, without the partition column. */
export type Row<T extends LakeTable> = { readonly [K in Exclude<keyof T['columns'], 'date'>]: Cell };

/** Columns by name; all of the same length. */
export interface Columns {
  readonly cells: Readonly<Record<string, Cell[]>>;
  rowCount: number;
}

export class TableBatch<T extends LakeTable = LakeTable> {
  readonly table: T;
  readonly #partitions = new Map<string, Columns>();
  #rowCount = 0;

  constructor(table: T) {
    this.table = table;
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  /** Columns by partition date (`YYYY-MM-DD`). */
  get partitions(): ReadonlyMap<string, Columns> {
    return this.#partitions;
  }

  /** @param dateUs the time whose UTC date is the row's partition. */
  add(dateUs: number, row: Row<T>): void {
    const columns = this.#columnsOf(new Date(Math.floor(dateUs / 1000)).toISOString().slice(0, 10));
    for (const name in columns.cells) columns.cells[name]?.push((row as Record<string, Cell>)[name] ?? null);
    columns.rowCount++;
    this.#rowCount++;
  }

  #columnsOf(date: string): Columns {
    let columns = this.#partitions.get(date);
    if (columns === undefined) {
      const names = Object.keys(this.table.columns).filter((name) => name !== this.table.partitionBy);
      columns = { cells: Object.fromEntries(names.map((name) => [name, []])), rowCount: 0 };
      this.#partitions.set(date, columns);
    }
    return columns;
  }
}
