/**
 * Keeps DuckDB from taking the bounds of floating-point columns in a file for those of all its rows. Most writers leave
 * NaN out of them, as Parquet demands, and DuckDB as SQL holds NaN greater than every number: it would skip rows, or
 * answer `max` from the bounds. Source: Parquet format, "Statistics" (`ColumnOrder`).
 */
import { isNanUnbounded } from '../../delta/format/stats.ts';
import type { AddFile } from '../../delta/log/actions.ts';
import type { TableColumn } from './table-columns.ts';

interface Part<F> {
  readonly files: readonly F[];
  readonly columns: readonly TableColumn[];
}

/** @returns files whose bounds can be relied on, and the others with columns that have none. */
export function byFloatBounds<F extends { readonly add: AddFile }>(
  files: readonly F[],
  columns: readonly TableColumn[],
): Part<F>[] {
  if (!columns.some(({ hasFloat }) => hasFloat)) return [{ files, columns }];
  const reliable = files.filter(({ add }) => isNanUnbounded(add));
  const others = files.filter(({ add }) => !isNanUnbounded(add));
  const parts = [
    { files: reliable, columns },
    { files: others, columns: columns.map(withoutBounds) },
  ];
  return parts.filter((part) => part.files.length > 0);
}

/** The same value, through an expression that DuckDB carries no bounds through and pushes no filter below. */
function withoutBounds(column: TableColumn): TableColumn {
  if (!column.hasFloat) return column;
  const value = (stored: string) => {
    const plain = column.value(stored);
    return `CASE WHEN ${plain} IS NOT NULL THEN ${plain} END`;
  };
  return { ...column, value };
}
