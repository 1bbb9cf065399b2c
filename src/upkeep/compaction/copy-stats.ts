/** What DuckDB tells of the files that a `COPY … (FORMAT parquet, RETURN_STATS)` wrote: no scan is needed to know it. */
import type { DuckDBMapValue, DuckDBValue } from '@duckdb/node-api';

export interface WrittenFile {
  readonly path: string;
  readonly rows: bigint;
  /** By quoted name, fields of structs as `"struct"."field"`. */
  readonly columns: ReadonlyMap<string, WrittenColumn>;
}

/** All as text. */
export interface WrittenColumn {
  readonly min?: string;
  readonly max?: string;
  readonly null_count?: string;
  /** Only of floating-point columns, and only of the last row group. */
  readonly has_nan?: string;
}

/** @param rows of the result of the COPY. */
export function writtenFiles(rows: readonly DuckDBValue[][]): WrittenFile[] {
  return rows.map(([path, count, , , columns]) => ({
    path: String(path),
    rows: BigInt(String(count)),
    columns: new Map(entriesOf(columns).map(([name, stats]) => [name, Object.fromEntries(entriesOf(stats))])),
  }));
}

function entriesOf(map: DuckDBValue | undefined): [string, DuckDBValue][] {
  return ((map as DuckDBMapValue | null | undefined)?.entries ?? []).map(({ key, value }) => [
    String(key),
    value,
  ]);
}
