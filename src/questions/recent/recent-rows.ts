/** Some rows of a series in memory, as the result of a query is given. Columns are made when somebody wants them. */
import { DuckDBDateValue, DuckDBTimestampTZValue, type DuckDBType, type DuckDBValue } from '@duckdb/node-api';
import type { ResultTable } from '../result-table.ts';
import type { DecimalBlock } from './decimal-cache.ts';
import type { LaidColumn, RowLayout } from './row-layout.ts';
import { type CellRows, codeOf, DAY_US, jsonOf, type SeriesFacts } from './series-text.ts';

export interface RecentRowsOptions extends CellRows {
  readonly layout: RowLayout;
  readonly facts: SeriesFacts;
  /** Digits of the numbers of rows; undefined when the series has changed meanwhile. */
  readonly decimalsAt: (row: number) => DecimalBlock | undefined;
}

export class RecentRows implements ResultTable {
  readonly #options: RecentRowsOptions;
  readonly names: readonly string[];
  readonly types: readonly DuckDBType[];
  readonly rowCount: number;
  #columns: readonly (readonly DuckDBValue[])[] | undefined;

  constructor(options: RecentRowsOptions) {
    this.#options = options;
    const { columns } = options.layout;
    this.names = columns.map(({ name }) => name);
    this.types = columns.map(({ type }) => type);
    this.rowCount = options.to - options.from;
  }

  get columns(): readonly (readonly DuckDBValue[])[] {
    this.#columns ??= this.#options.layout.columns.map((column) => this.#valuesOf(column));
    return this.#columns;
  }

  /** Times of the rows, in microseconds. */
  get timesUs(): bigint[] {
    const { cells, width, from } = this.#options;
    return Array.from({ length: this.rowCount }, (_, row) => BigInt(cells[(from + row) * width] as number));
  }

  /** The rows as a JSON array, in pieces. */
  json(): Buffer[] {
    const { decimalsAt, layout, facts } = this.#options;
    return jsonOf(this.#options, layout, facts, decimalsAt);
  }

  slice(start: number, count: number): RecentRows {
    const { from, to } = this.#options;
    const first = Math.min(from + start, to);
    return new RecentRows({ ...this.#options, from: first, to: Math.min(first + count, to) });
  }

  #valuesOf({ name, kind, slot }: LaidColumn): DuckDBValue[] {
    const { cells, width, layout, facts, from } = this.#options;
    return Array.from({ length: this.rowCount }, (_, row): DuckDBValue => {
      const first = (from + row) * width;
      if (kind === 'shared') return facts.shared[name] ?? null;
      if (kind === 'end') return new DuckDBTimestampTZValue(BigInt((cells[first] as number) + layout.stepUs));
      if (kind === 'day') return new DuckDBDateValue(Math.floor((cells[first] as number) / DAY_US));
      if (kind === 'code') return facts.texts[codeOf(cells[first + width - 1] as number, slot)] ?? null;
      const value = cells[first + slot] as number;
      if (Number.isNaN(value)) return null;
      if (kind === 'timestamp') return new DuckDBTimestampTZValue(BigInt(value));
      if (kind === 'date') return new DuckDBDateValue(value);
      return kind === 'long' ? BigInt(value) : value;
    });
  }
}
