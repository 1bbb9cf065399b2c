/** What to do instead of SQL that `read` does not run: by the words that people bring from elsewhere. */

const INSTEAD: ReadonlyArray<readonly [what: RegExp, hint: string]> = [
  [
    /^set\b[\s\S]*time\s*zone/i,
    "times are UTC; for those of a place write `trade_time AT TIME ZONE 'Europe/Paris'` in the query",
  ],
  [/^(set|reset)\b/i, 'there are no settings to change; memory is `--memory 2GB`'],
  [
    /^(pragma|call)\b/i,
    'write `SHOW TABLES`, `DESCRIBE prices` or `SUMMARIZE prices`, or see `crypto-lake tables NAME`',
  ],
  [
    /^(attach|use|install|load)\b/i,
    'mount another Delta table with `--table NAME=PATH`, and name it in the query',
  ],
];

/** @param plain the statement without comments. */
export function hintForStatement(plain: string): string {
  const found = INSTEAD.find(([what]) => what.test(plain.trim()));
  return found?.[1] ?? 'to write results, use `-o FILE` with a query';
}

export function hintForFunction(name: string): string {
  return /scan|^read_|^iceberg|^query/.test(name)
    ? 'mount a Delta table with `--table NAME=PATH`, and name it in the query'
    : 'see what a query may use: https://duckdb.org/docs/stable/sql/functions/overview';
}

export const NO_PARAMETERS =
  'a query has no parameters: write the value itself where `$1` or `?` stands, texts in single quotes';
