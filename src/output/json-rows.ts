/** A result as a JSON array of objects, in one text. */
import type { DuckDBValue } from '@duckdb/node-api';
import { toJson } from './cell.ts';
import type { JsonValue } from './json-value.ts';

export interface ColumnarRows {
  readonly names: readonly string[];
  readonly columns: readonly (readonly DuckDBValue[])[];
  readonly rowCount: number;
}

export function jsonRowsOf(rows: ColumnarRows): string {
  const keys = rows.names.map((name) => `${JSON.stringify(name)}:`);
  const lines = cellsOf(rows).map(
    (row) => `{${row.map((cell, index) => keys[index] + JSON.stringify(cell)).join(',')}}`,
  );
  return `[${lines.join(',\n')}]`;
}

/** Row by row. */
export function cellsOf({ columns, rowCount }: ColumnarRows): JsonValue[][] {
  return Array.from({ length: rowCount }, (_, row) => columns.map((column) => toJson(column[row] ?? null)));
}
