/** Some rows of a series in memory, as the result of a query is given. Columns are made when somebody wants them. */
import { DuckDBDateValue, DuckDBTimestampTZValue, type DuckDBType, type DuckDBValue } from '@duckdb/node-api';
import type { ResultTable } from '../result-table.ts';
import { decimalValue } from './decimal-cell.ts';
import { contentOf, DECIMALS } from './row-content.ts';
import type { LaidColumn, RowLayout } from './row-layout.ts';
import { type CellRows, codeOf, DAY_US, jsonOf, type SeriesFacts } from './series-text.ts';

export interface RecentRowsOptions extends CellRows {
  readonly layout: RowLayout;
  readonly facts: SeriesFacts;
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

  /** The time of a row, in microseconds; undefined where there is none. */
  timeUs(row: number): bigint | undefined {
    const { cells, width, from } = this.#options;
    return row < 0 || row >= this.rowCount ? undefined : BigInt(cells[(from + row) * width] as number);
  }

  /** Spans without a hole, to where the row behind each would begin. */
  runs(stepUs: number): { fromUs: bigint; toUs: bigint }[] {
    const { cells, width, from, to } = this.#options;
    const runs: { fromUs: bigint; toUs: bigint }[] = [];
    for (let row = from, first = from; row < to; row++) {
      const nextUs = (cells[row * width] as number) + stepUs;
      if (row + 1 < to && cells[(row + 1) * width] === nextUs) continue;
      runs.push({ fromUs: BigInt(cells[first * width] as number), toUs: BigInt(nextUs) });
      first = row + 1;
    }
    return runs;
  }

  /** The rows as a JSON array, in pieces. */
  json(): Buffer[] {
    const { layout, facts } = this.#options;
    return jsonOf(this.#options, layout, facts);
  }

  slice(start: number, count: number): RecentRows {
    const { from, to } = this.#options;
    const first = Math.min(from + start, to);
    return new RecentRows({ ...this.#options, from: first, to: Math.min(first + count, to) });
  }

  #valuesOf({ name, kind, slot }: LaidColumn): DuckDBValue[] {
    const { cells, width, layout, facts, from } = this.#options;
    const words = new Uint32Array(cells.buffer);
    return Array.from({ length: this.rowCount }, (_, row): DuckDBValue => {
      const first = (from + row) * width;
      if (kind === 'shared') return facts.shared[name] ?? null;
      if (kind === 'end') return new DuckDBTimestampTZValue(BigInt((cells[first] as number) + layout.stepUs));
      if (kind === 'day') return new DuckDBDateValue(Math.floor((cells[first] as number) / DAY_US));
      if (kind === 'code') return facts.texts[codeOf(cells[first + width - 1] as number, slot)] ?? null;
      const isDecimal = kind === 'double' && contentOf({ cells, width }, first) === DECIMALS;
      const value = isDecimal ? decimalValue(words, 2 * (first + slot)) : (cells[first + slot] as number);
      if (Number.isNaN(value)) return null;
      if (kind === 'timestamp') return new DuckDBTimestampTZValue(BigInt(value));
      if (kind === 'date') return new DuckDBDateValue(value);
      return kind === 'long' ? BigInt(value) : value;
    });
  }
}
