/** Rows of a result, column by column, and what is picked from them. */
import type { DuckDBType, DuckDBValue } from '@duckdb/node-api';

export interface ResultTable {
  readonly names: readonly string[];
  readonly types: readonly DuckDBType[];
  readonly columns: readonly (readonly DuckDBValue[])[];
  readonly rowCount: number;
  /** The rows as a JSON array, where there is a shorter way to it. */
  json?(): readonly Buffer[];
  slice?(start: number, count: number): ResultTable;
}

export function slice(rows: ResultTable, start: number, count: number): ResultTable {
  if (rows.slice) return rows.slice(start, count);
  const columns = rows.columns.map((column) => column.slice(start, start + count));
  return { ...rows, columns, rowCount: columns[0]?.length ?? 0 };
}

export function columnOf(rows: ResultTable, name: string): readonly DuckDBValue[] {
  return rows.columns[rows.names.indexOf(name)] ?? [];
}

/** A column of timestamps in microseconds since the epoch. */
export function timesOf(rows: ResultTable, name: string): bigint[] {
  return columnOf(rows, name).map((value) => (value as { readonly micros: bigint }).micros);
}
