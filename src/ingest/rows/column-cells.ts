import type { Cell } from '../../sources/rows.ts';
import { type Column, NumberColumn } from './column-builder.ts';

/** The cells of a column, row by row. */
export function cellsOf(column: Column): readonly Cell[] {
  if (!(column instanceof NumberColumn))
    return Array.from(column.indexes, (index) => column.distinct[index] ?? null);
  const missing = new Set(column.nulls);
  return Array.from(column.values, (value, row) => (missing.has(row) ? null : value));
}
