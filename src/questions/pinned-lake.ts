/** Tables at pinned versions, and what is asked of them. */
import {
  type DuckDBConnection,
  type DuckDBDataChunk,
  type DuckDBValue,
  quotedIdentifier,
} from '@duckdb/node-api';
import { LakeError, messageOf } from '../base/errors.ts';
import type { AddFile } from '../delta/log/actions.ts';
import { LAKE_TABLES } from '../lake/registry.ts';
import { deltaView, emptySelect } from '../query/scan/delta-view.ts';
import { duckdbType } from '../query/scan/duckdb-type.ts';
import { skipFiles } from '../query/skipping/file-skipping.ts';
import { type Predicate, UNKNOWN } from '../query/skipping/predicate.ts';
import type { LakeConnections } from './lake-connections.ts';
import type { Span } from './list-answer.ts';
import type { PinnedTable, PinnedTables } from './open-tables.ts';
import type { RecentRows } from './recent/recent-rows.ts';
import type { ResultTable } from './result-table.ts';
import type { SeriesSource } from './series-source.ts';

export interface LakeQuery {
  readonly sql: string;
  /** Values of `$name`. */
  readonly values?: Readonly<Record<string, DuckDBValue>>;
  /** The tables that the SQL names, with what is known of the rows that it wants of each, or with the files to read. */
  readonly scans: Readonly<Record<string, Predicate | readonly AddFile[] | OtherScan>>;
  readonly signal: AbortSignal;
}

/** Files of a table under another name. */
export interface OtherScan {
  readonly table: string;
  readonly files: readonly AddFile[];
}

/** Rows out of memory. */
export type RecentReader = (
  lake: PinnedLake,
  source: SeriesSource,
  span: Span,
  count: number,
  isBackward: boolean,
) => Promise<RecentRows | undefined>;

export class PinnedLake {
  /** The same for all questions of one lake: what is remembered of it is kept by them. */
  readonly connections: LakeConnections;
  readonly #pinned: PinnedTables;
  readonly #recent: RecentReader;

  constructor(connections: LakeConnections, pinned: PinnedTables, recent: RecentReader) {
    this.connections = connections;
    this.#pinned = pinned;
    this.#recent = recent;
  }

  /**
   * @param count of the first rows of the span, or of the last ones.
   * @returns undefined when memory does not have them all.
   */
  recentRows(
    source: SeriesSource,
    span: Span,
    count: number,
    isBackward: boolean,
  ): Promise<RecentRows | undefined> {
    return this.#recent(this, source, span, count, isBackward);
  }

  /** Version by table; those that are not there are left out. */
  get versions(): Readonly<Record<string, number>> {
    return Object.fromEntries(
      [...this.#pinned.tables].map(([name, { snapshot }]) => [name, snapshot.version]),
    );
  }

  get asOfMs(): number | undefined {
    return this.#pinned.asOfMs;
  }

  get isNewest(): boolean {
    return this.#pinned.isNewest;
  }

  /** Until when nobody looks for newer versions, by the clock of `performance.now()`. */
  get freshUntilMs(): number {
    return this.#pinned.freshUntilMs;
  }

  table(name: string): PinnedTable | undefined {
    return this.#pinned.tables.get(name);
  }

  /** Whether any file of the table may have such rows. */
  mayHave(name: string, predicate: Predicate): boolean {
    return this.filesFor(name, predicate).length > 0;
  }

  /** The files of the table that may have such rows. */
  filesFor(name: string, predicate: Predicate): readonly AddFile[] {
    const table = this.table(name);
    return table === undefined ? [] : skipFiles(table.snapshot, filesOf(table), predicate);
  }

  /** @throws LakeError TABLE_…, VERSION_NOT_FOUND when files of an old version are gone, QUERY_FAILED, TIMED_OUT. */
  async query(query: LakeQuery): Promise<ResultTable> {
    return this.connections.use(query.signal, async (connection) => {
      try {
        const run = async (trustsColumns: boolean) =>
          connection.runAndReadAll(await this.#textOf(connection, query, trustsColumns), { ...query.values });
        const result = await run(true).catch((error: unknown) => {
          if (!messageOf(error).startsWith('Binder Error')) throw error;
          return run(false);
        });
        return {
          names: result.deduplicatedColumnNames(),
          types: result.columnTypes(),
          columns: result.getColumns(),
          rowCount: result.currentRowCount,
        };
      } catch (error) {
        throw this.#goneError(error);
      }
    });
  }

  /** The result chunk by chunk, until `take` wants no more. @throws as {@link query}. */
  async chunks(
    query: LakeQuery,
    take: (chunk: DuckDBDataChunk, names: readonly string[]) => boolean | Promise<boolean>,
  ): Promise<void> {
    return this.connections.use(query.signal, async (connection) => {
      const result = await connection.stream(await this.#textOf(connection, query), { ...query.values });
      const names = result.deduplicatedColumnNames();
      for (;;) {
        const chunk = await result.fetchChunk();
        if (!chunk || chunk.rowCount === 0 || !(await take(chunk, names))) return;
      }
    });
  }

  /** What is collected now is in the newest two days of a table that is partitioned by `date`. */
  newestDays(name: string): Predicate {
    return this.newestDay(name, 1);
  }

  /** @param more days before the newest one. */
  newestDay(name: string, more = 0): Predicate {
    let newest = '';
    for (const { partitionValues } of this.table(name)?.snapshot.files.values() ?? []) {
      const { date } = partitionValues;
      if (typeof date === 'string' && date > newest) newest = date;
    }
    const days = Date.parse(`${newest}T00:00:00Z`) / 86_400_000;
    if (Number.isNaN(days)) return UNKNOWN;
    return { kind: 'compare', column: 'date', operator: '>=', value: BigInt(days - more) };
  }

  async #textOf(
    connection: DuckDBConnection,
    { sql, scans }: LakeQuery,
    trustsColumns = false,
  ): Promise<string> {
    const parts: string[] = [];
    for (const [name, scan] of Object.entries(scans)) {
      const table = 'table' in scan ? scan.table : name;
      const files = 'kind' in scan ? this.filesFor(name, scan) : 'files' in scan ? scan.files : scan;
      parts.push(
        `${quotedIdentifier(name)} AS (${await this.#select(connection, table, files, trustsColumns)})`,
      );
    }
    return parts.length === 0 ? sql : `WITH ${parts.join(',\n')}\n${sql}`;
  }

  async #select(
    connection: DuckDBConnection,
    name: string,
    files: readonly AddFile[],
    trustsColumns = false,
  ): Promise<string> {
    const known = LAKE_TABLES.find((table) => table.name === name);
    const columns = { ...(name === 'coverage' ? PLACE : {}), ...known?.columns };
    const wanted = Object.entries(columns).map(([column, type]) => ({
      name: column,
      type: duckdbType(type),
    }));
    const table = this.table(name);
    if (table === undefined) return emptySelect(wanted);
    const { snapshot, store } = table;
    const { sql: select } = await deltaView({
      connection,
      store,
      snapshot,
      files,
      readsRemotely: this.connections.readsRemotely,
      allowAbsolutePaths: false,
      trustsColumns,
    });
    const stored = new Set(snapshot.schema.fields.map((field) => field.name));
    const missing = wanted.filter((column) => !stored.has(column.name));
    if (missing.length === 0) return select;
    // A table of an older version of the program: what it does not have is unknown.
    const nulls = missing.map((column) => `NULL::${column.type} AS ${quotedIdentifier(column.name)}`);
    return `SELECT *, ${nulls.join(', ')} FROM (${select})`;
  }

  #goneError(error: unknown): unknown {
    const isGone =
      error instanceof Error &&
      /No files found|Cannot open file|No such file|404 \(Not Found\)|is missing/.test(error.message);
    if (this.isNewest || !isGone) return error;
    return new LakeError('VERSION_NOT_FOUND', 'files of this version of the table were removed meanwhile', {
      hint: 'begin again without `cursor` and `as_of`',
    });
  }
}

/** Rows of coverage that are older than these columns are of Binance. */
const PLACE = { venue: 'string', market: 'string' } as const;

/** @returns all files of a table, as a list. */
function filesOf({ snapshot }: PinnedTable) {
  let files = FILES.get(snapshot);
  if (files === undefined) {
    files = [...snapshot.files.values()];
    FILES.set(snapshot, files);
  }
  return files;
}

const FILES = new WeakMap<object, readonly AddFile[]>();
