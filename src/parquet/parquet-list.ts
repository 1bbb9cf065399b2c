/**
 * Paths of data files as DuckDB takes them. It reads `*`, `?` and `[` in the path of a local file as a pattern, which
 * would bring in the files of a neighbour, so they are written as character classes that match themselves alone.
 */
import { quotedString } from '@duckdb/node-api';
import { LakeError } from '../base/errors.ts';

const WILDCARDS = /[*?[]/g;

/** @returns an SQL list for `read_parquet` and its like. @throws LakeError TABLE_UNSUPPORTED */
export function parquetList(paths: Iterable<string>): string {
  return `[${Array.from(paths, (path) => quotedString(literalPattern(path))).join(', ')}]`;
}

/**
 * The pattern that matches one file. URLs stay as they are: the session takes them literally.
 * @throws LakeError TABLE_UNSUPPORTED for a path that cannot be said, since a backslash parts folders in a pattern.
 */
export function literalPattern(path: string): string {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(path) || path.search(WILDCARDS) < 0) return path;
  if (path.includes('\\')) {
    throw new LakeError(
      'TABLE_UNSUPPORTED',
      `DuckDB cannot open \`${path}\`: its path has both a backslash and one of \`*?[\``,
      { hint: 'rename the folder' },
    );
  }
  return path.replace(WILDCARDS, '[$&]');
}

/** What a closed session must allow so that these files can be opened, and no others. */
export function allowedPaths(paths: Iterable<string>): string {
  const allowed = new Set<string>();
  for (const path of paths) allowed.add(path).add(literalPattern(path));
  return `[${Array.from(allowed, quotedString).join(', ')}]`;
}

/** One file in SQL. @throws LakeError TABLE_UNSUPPORTED */
export function quotedFile(path: string): string {
  return quotedString(literalPattern(path));
}
