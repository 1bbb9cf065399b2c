/**
 * Paths of data files as DuckDB takes them. It reads `*`, `?` and `[` in the path of a local file as a pattern, which
 * would bring in the files of a neighbour, so they are written as character classes that match themselves alone.
 */
import { quotedString } from '@duckdb/node-api';

const WILDCARDS = /[*?[]/;
/**
 * In a pattern a backslash parts folders, even in a class, so it is the one character that no range of this class has.
 * A class matches single bytes: other characters cannot be meant.
 */
const BACKSLASH_CLASS = '[!]\u0001-[^-\u007f]';

/** @returns an SQL list for `read_parquet` and its like. */
export function parquetList(paths: Iterable<string>): string {
  return `[${Array.from(paths, (path) => quotedString(literalPattern(path))).join(', ')}]`;
}

/** The pattern that matches one file. URLs stay as they are: the session takes them literally. */
export function literalPattern(path: string): string {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(path) || !WILDCARDS.test(path)) return path;
  return path.replace(/[*?[\\]/g, (one) => (one === '\\' ? BACKSLASH_CLASS : `[${one}]`));
}

/** What a closed session must allow so that these files can be opened, and no others. */
export function allowedPaths(paths: Iterable<string>): string {
  const allowed = new Set<string>();
  for (const path of paths) allowed.add(path).add(literalPattern(path));
  return `[${Array.from(allowed, quotedString).join(', ')}]`;
}

/** One file in SQL. */
export function quotedFile(path: string): string {
  return quotedString(literalPattern(path));
}
