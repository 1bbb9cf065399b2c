/** Lets one reading statement through, and nothing else. DuckDB itself says what kind of statement it is. */
import { statSync } from 'node:fs';
import { type DuckDBConnection, type DuckDBPreparedStatement, StatementType } from '@duckdb/node-api';
import { didYouMean } from '../../base/did-you-mean.ts';
import { LakeError, messageOf } from '../../base/errors.ts';
import { isPermissionError, permissionDenied } from '../../base/permission-denied.ts';
import { shellQuote } from '../../base/shell-quote.ts';
import { LAKE_TABLES } from '../../lake/registry.ts';
import { isDamagedParquet } from '../../parquet/damaged-file.ts';
import { ALL_VIEWS } from '../../sources/views.ts';
import { readSqlTree, type SqlTree } from '../skipping/sql-tree.ts';
import { forbiddenFunction } from './function-allowlist.ts';
import { hintForFunction, hintForStatement, NO_PARAMETERS } from './sql-hints.ts';
import { unreachedStore } from './unreached-store.ts';

/** Refused by name before DuckDB complains of a file that they would touch. */
const WRITING =
  /^(copy|export|import|attach|detach|install|load|create|insert|update|delete|drop|alter|set|pragma|call)$/i;
const TABLES_AND_VIEWS = [...LAKE_TABLES, ...ALL_VIEWS].map(({ name }) => name);
const READING: ReadonlySet<StatementType> = new Set([StatementType.SELECT, StatementType.EXPLAIN]);

/** One reading statement, of which nothing was evaluated yet. */
export interface JudgedSql {
  /** To run instead of the text that was judged. */
  readonly sql: string;
  /** Of an EXPLAIN: of what it explains. */
  readonly tree: SqlTree;
}

/**
 * Lets the text of one reading statement through. DuckDB only parses it: every statement that reads has a tree of its
 * own making, but EXPLAIN, which is judged by what it explains.
 *
 * @throws LakeError SQL_INVALID, SQL_FORBIDDEN.
 */
export async function judgeSql(connection: DuckDBConnection, sql: string): Promise<JudgedSql> {
  // To DuckDB's parser it is the end of the text.
  if (sql.includes('\0')) throw new LakeError('SQL_INVALID', 'the SQL has a NUL character in it');
  const plain = withoutComments(sql);
  const [keyword = ''] = /[a-z]+|$/i.exec(plain) ?? [];
  if (plain.trim() === '') throw empty();
  const { count } = await attempt(() => connection.extractStatements(sql));
  if (count === 0) throw empty();
  if (WRITING.test(keyword)) throw notAllowed(keyword.toUpperCase(), plain);
  if (count > 1 && !/;\s*\S/.test(plain)) throw pivotOfUnknown();
  if (count > 1) throw forbidden('it has more than one statement; `read` runs exactly one');
  const tree = await readSqlTree(connection, sql);
  if (tree) {
    const name = forbiddenFunction(tree);
    if (name !== undefined) throw forbidden(`\`${name}\` does more than select`, hintForFunction(name));
    return { sql, tree };
  }
  const [, analyze, explained] = EXPLAIN.exec(sql) ?? [];
  if (explained === undefined) {
    throw /^explain$/i.test(keyword)
      ? forbidden('this form of EXPLAIN is not allowed; write `EXPLAIN SELECT …`')
      : notAllowed(keyword.toUpperCase(), plain);
  }
  // EXPLAIN ANALYZE runs what it explains, so this is put together from what was judged.
  const inner = await judgeSql(connection, explained);
  return { ...inner, sql: `EXPLAIN ${analyze === undefined ? '' : 'ANALYZE '}${inner.sql}` };
}

const EXPLAIN =
  /^(?:\s|--[^\n]*\n|\/\*[\s\S]*?\*\/)*EXPLAIN\b(?:\s|--[^\n]*\n|\/\*[\s\S]*?\*\/)*(?:(ANALYZE)\b)?(?!\s*(?:\(|EXPLAIN))([\s\S]*)$/i;

/**
 * @returns the statement, ready to run.
 * @throws LakeError SQL_INVALID, SQL_FORBIDDEN.
 */
export async function checkedStatement(
  connection: DuckDBConnection,
  text: string,
): Promise<DuckDBPreparedStatement> {
  const { sql } = await judgeSql(connection, text);
  const statement = await attempt(async () => (await connection.extractStatements(sql)).prepare(0));
  const { statementType } = statement;
  if (!READING.has(statementType)) throw notAllowed(StatementType[statementType], '');
  return statement;
}

const FILE_MISSING = 'a data file of the table is missing';

/** What a failure means where an older version was asked for: `vacuum` takes files that only such versions name. */
export function errorOfThePast(error: unknown): unknown {
  if (!(error instanceof LakeError) || !error.message.startsWith(FILE_MISSING)) return error;
  return new LakeError(
    'VERSION_NOT_FOUND',
    'files of this version of a table are gone: vacuum removed them',
    {
      hint: 'choose a newer version or time; `crypto-lake tables --history NAME` lists them',
      cause: error,
    },
  );
}

/** DuckDB's own words about wrong SQL, with what to do. */
export function sqlError(error: unknown): LakeError {
  if (error instanceof LakeError) return error;
  const message = messageOf(error).replace(/^Failed to extract statements: /, '');
  const [first = message] = message.split('\n');
  const [, path] = /"(\/[^"]+)"/.exec(message) ?? [];
  // A file in a folder that may not be looked into is missing, to DuckDB, or none that was planned.
  if (/Permission denied/.test(message) || (path !== undefined && isPermissionError(lookError(path))))
    return permissionDenied(path ?? 'a data file', error);
  if (/^Permission Error|has been disabled|Cannot access/.test(message)) {
    return new LakeError(
      'SQL_FORBIDDEN',
      `the query wants a file or setting that is outside of the lake's tables: ${first}`,
      {
        hint: 'mount another Delta table with `--table NAME=PATH`',
        cause: error,
      },
    );
  }
  const unreached = unreachedStore(error);
  if (unreached !== undefined) return unreached;
  if (/No files found|Cannot open file|No such file/.test(message)) {
    return new LakeError('TABLE_DAMAGED', `${FILE_MISSING}: ${first}`, {
      hint: `see \`crypto-lake tables --verify ${tableOf(message)}\`; bring the file back from a backup`,
      cause: error,
    });
  }
  if (isDamagedParquet(message)) {
    return new LakeError('TABLE_DAMAGED', `a data file of a table is damaged: ${first}`, {
      hint: `see \`crypto-lake tables --verify ${tableOf(message)}\`; bring the file back from a backup`,
      cause: error,
    });
  }
  if (/^(Parser|Binder|Catalog|Conversion|Syntax|Not implemented)/i.test(message)) {
    // DuckDB knows only what was opened for the query, and guesses among its own tables.
    const [, wrongName] = /^Catalog Error: Table with name (\S+) does not exist!/.exec(message) ?? [];
    const text = wrongName === undefined ? message : message.replace(/\s*Did you mean "[^"]*"\?/, '');
    const guess = wrongName === undefined ? '' : didYouMean(wrongName, TABLES_AND_VIEWS);
    return new LakeError('SQL_INVALID', text.replace(/\s*\n\s*/g, ' '), {
      hint: `${guess.startsWith('did') ? `${guess} ` : ''}tables and columns: \`crypto-lake tables\`, \`crypto-lake tables NAME\`; the dialect is DuckDB's`,
      cause: error,
    });
  }
  if (/prepared statement parameters/.test(message)) {
    return new LakeError('SQL_INVALID', first, { hint: NO_PARAMETERS, cause: error });
  }
  const isMemory = /^Out of Memory/.test(message);
  return new LakeError('QUERY_FAILED', first, {
    hint: isMemory
      ? 'try with less data, or more memory: `--memory 2GB`'
      : 'look at the values that it works on',
    cause: error,
  });
}

function lookError(path: string): unknown {
  try {
    statSync(path);
    return undefined;
  } catch (error) {
    return error;
  }
}

/** The folder above those of the partitions, as DuckDB's message quotes the path of a file. */
function tableOf(message: string): string {
  const folder = /(["'])(\/.*?)(?:\/[^/=]+=[^/]*)*\/[^/]+\1/.exec(message)?.[2];
  return folder === undefined ? 'NAME' : shellQuote(folder);
}

async function attempt<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw sqlError(error);
  }
}

function withoutComments(sql: string): string {
  return sql.replace(/--[^\n]*|\/\*[\s\S]*?\*\//g, ' ');
}

/** DuckDB makes two statements of it: one looks for the values and keeps them. */
function pivotOfUnknown(): LakeError {
  return new LakeError('SQL_FORBIDDEN', 'this PIVOT cannot be run: it has to look for its columns first', {
    hint: "name them: `PIVOT liquidation ON side IN ('BUY', 'SELL') USING count(*) GROUP BY symbol`",
  });
}

function empty(): LakeError {
  return new LakeError('SQL_INVALID', 'there is no SQL to run: it is empty', {
    hint: 'try `SELECT * FROM prices LIMIT 10`',
  });
}

function notAllowed(kind: string, plain: string): LakeError {
  return forbidden(
    `${kind} is not allowed; \`read\` only runs queries (SELECT, WITH, FROM, DESCRIBE, SUMMARIZE, EXPLAIN)`,
    hintForStatement(plain),
  );
}

function forbidden(why: string, hint = hintForStatement('')): LakeError {
  return new LakeError('SQL_FORBIDDEN', `this SQL cannot be run: ${why}`, {
    hint,
  });
}
