/**
 * Functions that a SELECT can call and that do more than select: they write files past the sandbox (DuckDB's own logs and
 * profiles go where a setting says), or run SQL that is not in the text.
 */
import type { SqlTree } from '../skipping/sql-tree.ts';

const FORBIDDEN =
  /^(?:(?:enable|disable)_(?:logging|profil\w*)|write_log|truncate_duckdb_logs|json_execute_serialized_sql|query|(?:force_)?checkpoint)$/;
/** Functions in `FROM` that only read; files that they name are the sandbox's to refuse. */
const READING =
  /^(?:unnest|range|generate_series|generate_subscripts|repeat|repeat_row|json_each|json_tree|query_table|read_\w+|parquet_\w+|glob|sniff_csv|duckdb_(?!secrets$)\w+|pragma_\w+|summary|histogram\w*|test_all_types|pg_timezone_names|icu_calendar_names|sql_auto_complete)$/;

/** @returns what of a statement is forbidden. */
export function forbiddenFunction({ tableFunctions, functions }: SqlTree): string | undefined {
  const unknown = [...tableFunctions].find((name) => !READING.test(name));
  return unknown ?? [...functions].find((name) => FORBIDDEN.test(name));
}
