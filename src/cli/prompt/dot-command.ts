/** `.help` and its like: what the prompt does beside SQL. */
import { quotedString } from '@duckdb/node-api';
import { LakeError } from '../../base/errors.ts';
import { FORMATS } from '../../output/format.ts';

export type DotCommand =
  | { readonly kind: 'help' }
  | { readonly kind: 'quit' }
  | { readonly kind: 'format'; readonly format: string }
  | { readonly kind: 'sql'; readonly sql: string };

export const HELP = `SQL ends with \`;\` and may take several lines.
  .tables         tables and views
  .schema NAME    columns of a table or view
  .format NAME    how results are printed: table, json, ndjson, csv, markdown
  .help           this
  .quit           leave, as Ctrl-D does
Ctrl-C stops the running query or clears the line; Tab completes.`;

/** Bytes are not for a terminal. */
export const TERMINAL_FORMATS = FORMATS.filter((format) => format !== 'parquet' && format !== 'arrow');

/** @throws LakeError USAGE. */
export function dotCommand(line: string): DotCommand {
  const [name = '', argument = ''] = line.trim().replace(/;$/, '').split(/\s+/);
  switch (name) {
    case '.help':
      return { kind: 'help' };
    case '.quit':
    case '.exit':
      return { kind: 'quit' };
    case '.tables':
      return {
        kind: 'sql',
        sql: 'SELECT table_name AS name, count(*) AS columns FROM duckdb_columns() WHERE NOT internal GROUP BY 1 ORDER BY 1',
      };
    case '.schema':
      if (argument === '') break;
      return {
        kind: 'sql',
        sql: `SELECT column_name, data_type FROM duckdb_columns() WHERE NOT internal AND table_name = ${quotedString(argument)} ORDER BY column_index`,
      };
    case '.format':
      if (!TERMINAL_FORMATS.some((format) => format === argument)) break;
      return { kind: 'format', format: argument };
  }
  throw new LakeError('USAGE', `\`${line.trim().slice(0, 60)}\` is not a command of the prompt`, {
    hint: '`.help` lists them',
  });
}
