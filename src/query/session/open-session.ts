/**
 * A session for one query: opens only the tables that it names, and of those only the files that it can need. In the
 * order that is safe: the statement is judged, tables are opened, files are skipped, the session is closed.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { isObjectStore } from '../../base/location.ts';
import type { LakeView } from '../../lake/table.ts';
import { ALL_VIEWS } from '../../sources/views.ts';
import { skipFiles } from '../skipping/file-skipping.ts';
import { UNKNOWN } from '../skipping/predicate.ts';
import { sqlToPredicates } from '../skipping/sql-to-predicate.ts';
import type { SqlTree } from '../skipping/sql-tree.ts';
import { LakeSession, type SessionTable } from './lake-session.ts';
import { beginToOpen, type OpenLakeOptions, openLake } from './open-lake.ts';
import { judgeSql } from './sql-guard.ts';

export interface OpenSessionOptions extends Omit<OpenLakeOptions, 'only' | 'needsLake'> {
  readonly memoryBytes: number;
  /** One that was started before, and is shown to nobody yet; it is closed when it cannot be opened. */
  readonly started?: Promise<LakeSession> | undefined;
  /** Where a query puts what does not fit into memory, in the order of preference; else TMPDIR. */
  readonly scratchPlaces?: readonly string[] | undefined;
  /** Undefined for a session that may be asked anything: all tables that are not broken, all files. */
  readonly sql?: string | undefined;
  /** Called with what was opened: files in the table and files that the query may find rows in. */
  readonly onTable?: (table: { name: string; version: number; files: number; toRead: number }) => void;
}

/** @throws LakeError SQL_…, TABLE_…, VERSION_NOT_FOUND, USAGE. */
export async function openSession(options: OpenSessionOptions): Promise<LakeSession> {
  // DuckDB starts and parses in threads of its own: meanwhile the log is read of what will most likely be asked for.
  const begun = beginToOpen(options, options.sql ?? '');
  const session = await (options.started ?? LakeSession.start(options.memoryBytes, options.scratchPlaces));
  try {
    const tree =
      options.sql === undefined ? undefined : await readClosedTree(session.connection, options.sql);
    const views = tree ? viewsOf(tree) : ALL_VIEWS;
    const only = tree && tablesOf(tree, views);
    const needsLake = namesLake(options, tree, only);
    if (begun.size > 0 && isAnyRemote(options)) session.prepareToReach();
    const { tables, absent, broken } = await openLake({ ...options, only, needsLake }, begun);
    await session.reach(tables.map(({ store }) => store));
    const pruned = tree ? await prune(session.connection, tree, views, tables) : tables;
    for (const [index, { name, snapshot, files }] of pruned.entries()) {
      const total = tables[index]?.files.length ?? 0;
      options.onTable?.({ name, version: snapshot.version, files: total, toRead: files.length });
    }
    const isKnown = (name: string) => [...tables, ...absent].some((table) => table.name === name);
    // One that is asked for and unknown is an error, which names those that are like it.
    const shown = only && [...only].every(isKnown) ? absent.filter(({ name }) => only.has(name)) : absent;
    await session.show({ tables: pruned, absent: shown, broken: tree ? undefined : broken, views });
    return session;
  } catch (error) {
    await session.close();
    throw error;
  }
}

function isAnyRemote({ lake, mounts = [] }: OpenSessionOptions): boolean {
  return [lake, ...mounts.map((mount) => mount.slice(mount.indexOf('=') + 1))].some(isObjectStore);
}

/** Functions in `FROM` that read no table. */
const HARMLESS = /^(unnest|range|generate_series|repeat|repeat_row|json_each|json_tree)$/;

/** @returns undefined for a query whose tables the text does not tell for sure. @throws LakeError SQL_… */
async function readClosedTree(connection: DuckDBConnection, sql: string): Promise<SqlTree | undefined> {
  const { tree } = await judgeSql(connection, sql);
  const isClosed = !tree.isReflective && [...tree.tableFunctions].every((name) => HARMLESS.test(name));
  return isClosed ? tree : undefined;
}

/** Whether a query is about more than mounted tables and what it makes itself. */
function namesLake(
  { mounts = [] }: OpenSessionOptions,
  tree: SqlTree | undefined,
  only: ReadonlySet<string> | undefined,
): boolean {
  if (only === undefined) return mounts.length === 0;
  const mounted = mounts.map((mount) => mount.toLowerCase().split('=')[0] ?? '');
  return [...only].some((name) => !mounted.includes(name) && !tree?.ctes.has(name));
}

/** Those that a query names, and those that these build on, which stand before them in the list. */
function viewsOf(tree: SqlTree): readonly LakeView[] {
  const needed: LakeView[] = [];
  for (const view of ALL_VIEWS.toReversed()) {
    const named = new RegExp(`\\b${view.name}\\b`);
    const isUsed =
      tree.functions.has(view.name) ||
      tree.uses.some(({ table }) => table === view.name) ||
      needed.some(({ sql }) => named.test(sql));
    if (isUsed) needed.unshift(view);
  }
  return needed;
}

function tablesOf({ uses }: SqlTree, views: readonly LakeView[]): ReadonlySet<string> {
  return new Set([...uses.map(({ table }) => table), ...views.flatMap(({ reads }) => reads)]);
}

async function prune(
  connection: DuckDBConnection,
  tree: SqlTree,
  views: readonly LakeView[],
  tables: readonly SessionTable[],
): Promise<readonly SessionTable[]> {
  // What the query reads through a view is not seen in its text.
  const seen = tables.filter(({ name }) => !views.some(({ reads }) => reads.includes(name)));
  const schemas = new Map(seen.map(({ name, snapshot }) => [name.toLowerCase(), snapshot.schema]));
  const predicates = await inTransaction(connection, () => sqlToPredicates(connection, tree, schemas));
  return tables.map((table) => ({
    ...table,
    files: skipFiles(table.snapshot, table.files, predicates.get(table.name.toLowerCase()) ?? UNKNOWN),
  }));
}

/**
 * The transaction stays open for the query, so that `now()` is the same time in both. A constant that cannot be
 * computed ends it: the query will say what is wrong with it, unpruned.
 */
async function inTransaction(
  connection: DuckDBConnection,
  work: () => ReturnType<typeof sqlToPredicates>,
): ReturnType<typeof sqlToPredicates> {
  await connection.run('BEGIN TRANSACTION');
  try {
    return await work();
  } catch {
    await connection.run('ROLLBACK');
    return new Map();
  }
}
