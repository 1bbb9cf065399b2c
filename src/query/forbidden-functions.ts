/**
 * Functions that a SELECT can call and that do more than select: they write files past the sandbox (DuckDB's own logs and
 * profiles go where they are told), or run SQL that is not in the text.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { readSqlTree } from './sql-tree.ts';

const FORBIDDEN =
  /^(?:(?:enable|disable)_(?:logging|profil\w*)|write_log|truncate_duckdb_logs|json_execute_serialized_sql|query|(?:force_)?checkpoint)$/;
/** Also quoted, and names that are spelled with escapes. */
const FORBIDDEN_WORDS =
  /\b(?:(?:enable|disable)_(?:logging|profil\w*)|write_log|truncate_duckdb_logs|json_execute_serialized_sql|query"?\s*\(|(?:force_)?checkpoint)|\bu&["']/i;

/** @returns what of the statement is forbidden. */
export async function forbiddenFunction(
  connection: DuckDBConnection,
  sql: string,
): Promise<string | undefined> {
  const tree = await readSqlTree(connection, sql);
  if (tree) return [...tree.functions, ...tree.tableFunctions].find((name) => FORBIDDEN.test(name));
  // DESCRIBE, SUMMARIZE and others have no tree: then the words themselves count.
  return FORBIDDEN_WORDS.exec(sql)?.[0];
}
