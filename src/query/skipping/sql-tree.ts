/**
 * What a query names, from DuckDB's own parse tree (`json_serialize_sql`): tables with the `WHERE` that filters their
 * rows, and table functions. There is none for statements that are no SELECT (EXPLAIN, PIVOT without `IN`).
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { parseJson } from '../../delta/log/json.ts';

/** A node of the tree; which fields there are depends on `type`. */
export type SqlNode = Readonly<Record<string, unknown>>;

export interface TableUse {
  /** In lower case: SQL names ignore it. */
  readonly table: string;
  /** What the query calls the table, in lower case. */
  readonly alias: string;
  /** A condition that every row of this use must meet to count; undefined when there is none that is surely so. */
  readonly where: SqlNode | undefined;
  /** Other tables stand beside it: only columns with its name before them are its own. */
  readonly isJoined: boolean;
}

export interface SqlTree {
  readonly uses: readonly TableUse[];
  /** Names of table functions in `FROM`, in lower case. */
  readonly tableFunctions: ReadonlySet<string>;
  /** Names of all functions, in lower case. */
  readonly functions: ReadonlySet<string>;
  /** Names of CTEs, in lower case. */
  readonly ctes: ReadonlySet<string>;
  /** Every name that the query itself gives, in lower case: aliases of tables and columns, CTEs. */
  readonly givenNames: ReadonlySet<string>;
  /** It asks for tables by more than their names: `SHOW`, `DESCRIBE`, `information_schema`. */
  readonly isReflective: boolean;
}

/** @returns undefined when the text has no tree. */
export async function readSqlTree(connection: DuckDBConnection, sql: string): Promise<SqlTree | undefined> {
  const last = lastTrees.get(connection);
  if (last?.sql === sql) return last.tree;
  const tree = await parseTree(connection, sql);
  lastTrees.set(connection, { sql, tree });
  return tree;
}

/** What a query is pruned by, it is checked by a moment later. */
const lastTrees = new WeakMap<
  DuckDBConnection,
  { readonly sql: string; readonly tree: SqlTree | undefined }
>();

async function parseTree(connection: DuckDBConnection, sql: string): Promise<SqlTree | undefined> {
  const result = await connection.runAndReadAll('SELECT json_serialize_sql($1::VARCHAR)', [sql]);
  // DuckDB writes floats beyond the range bare, which is no JSON.
  const text = String(result.getRows()[0]?.[0]).replace(/":(-?(?:Infinity|NaN))(?=[,}])/g, '":"$1"');
  const root = parseJson(text) as SqlNode;
  if (root.error !== false) return undefined;
  const found: Found = {
    uses: [],
    tableFunctions: new Set(),
    functions: new Set(),
    ctes: new Set(),
    givenNames: new Set(),
    isReflective: false,
  };
  walk(root, found);
  return found;
}

interface Found {
  readonly uses: TableUse[];
  readonly tableFunctions: Set<string>;
  readonly functions: Set<string>;
  readonly ctes: Set<string>;
  readonly givenNames: Set<string>;
  isReflective: boolean;
}

function walk(value: unknown, found: Found): void {
  if (Array.isArray(value)) {
    for (const item of value) walk(item, found);
    return;
  }
  if (!isNode(value)) return;
  // Below something other than a plain `FROM`: a use whose rows all count.
  if (value.type === 'BASE_TABLE') {
    walkFrom(value, undefined, true, found);
    return;
  }
  note(value, found);
  const from = value.type === 'SELECT_NODE' && isNode(value.from_table) ? value.from_table : undefined;
  // The filter holds for the tables of `FROM` alone: not for a sample, which is taken before it.
  if (from)
    walkFrom(
      from,
      value.sample === null && isNode(value.where_clause) ? value.where_clause : undefined,
      false,
      found,
    );
  for (const [key, child] of Object.entries(value)) {
    if (!(from && key === 'from_table')) walk(child, found);
  }
}

function walkFrom(from: SqlNode, where: SqlNode | undefined, isJoined: boolean, found: Found): void {
  note(from, found);
  if (from.type === 'BASE_TABLE') {
    const table = lower(from.table_name);
    const isPlain = from.sample === null && isEmpty(from.column_name_alias) && from.at_clause === null;
    found.uses.push({
      table,
      alias: lower(from.alias) || table,
      where: isPlain ? where : undefined,
      isJoined,
    });
  } else if (from.type === 'JOIN' && isFilteredAfter(from) && isNode(from.left) && isNode(from.right)) {
    walkFrom(from.left, where, true, found);
    walkFrom(from.right, where, true, found);
    walk(from.condition, found);
  } else {
    for (const child of Object.values(from)) walk(child, found);
  }
}

/**
 * Joins in which a row that `WHERE` will refuse may as well be left out before. Not so for ASOF and POSITIONAL joins
 * (another row would be matched) and SEMI and ANTI joins.
 */
function isFilteredAfter({ ref_type: kind, join_type: type }: SqlNode): boolean {
  return (kind === 'REGULAR' || kind === 'CROSS') && (type === 'INNER' || type === 'LEFT');
}

function note(node: SqlNode, found: Found): void {
  const name = lower(node.function_name);
  if (name) found.functions.add(name);
  if (node.type === 'SHOW_REF' || lower(node.schema_name) || lower(node.catalog_name))
    found.isReflective = true;
  if (node.type === 'TABLE_FUNCTION' && isNode(node.function))
    found.tableFunctions.add(lower(node.function.function_name));
  if (typeof node.key === 'string' && isNode(node.value)) found.ctes.add(node.key.toLowerCase());
  for (const given of [node.alias, node.key, node.column_name_alias, node.aliases].flat()) {
    if (typeof given === 'string' && given !== '') found.givenNames.add(given.toLowerCase());
  }
}

export function isNode(value: unknown): value is SqlNode {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function lower(value: unknown): string {
  return typeof value === 'string' ? value.toLowerCase() : '';
}
