/** Names of tables, columns, keywords and functions, from DuckDB itself. */
import { ask, type LakeQuestion } from '../../query/overview/overview-data.ts';
import type { Vocabulary } from './complete.ts';

/** A name that needs quotes is not completed, so none can bring control characters to the terminal either. */
export const COLUMNS_SQL = String.raw`SELECT table_name, column_name FROM duckdb_columns()
WHERE NOT internal AND regexp_full_match(table_name || column_name, '\w+') ORDER BY table_name, column_index`;
const KEYWORDS_SQL = `SELECT keyword_name FROM duckdb_keywords()
WHERE keyword_category <> 'unreserved' OR keyword_name IN ('by', 'filter', 'interval', 'over', 'partition', 'rows', 'summarize', 'explain')`;
const FUNCTIONS_SQL = `SELECT DISTINCT function_name FROM duckdb_functions() WHERE regexp_full_match(function_name, '[a-z][a-z0-9_]*')`;

export async function loadVocabulary(question: LakeQuestion): Promise<Vocabulary> {
  const tables = new Map<string, string[]>();
  for (const [table, column] of (await ask(question, COLUMNS_SQL)).rows) {
    const columns = tables.get(String(table)) ?? [];
    columns.push(String(column));
    tables.set(String(table), columns);
  }
  const names = async (sql: string) => (await ask(question, sql)).rows.map(([name]) => String(name));
  return { tables, keywords: await names(KEYWORDS_SQL), functions: await names(FUNCTIONS_SQL) };
}
