/** Tables at pinned versions, and what is asked of them. */
import { type DuckDBType, type DuckDBValue, quotedIdentifier } from '@duckdb/node-api';
import { LakeError } from '../base/errors.ts';
import { LAKE_TABLES } from '../lake/registry.ts';
import { deltaView, emptySelect } from '../query/scan/delta-view.ts';
import { duckdbType } from '../query/scan/duckdb-type.ts';
import { matchingFiles } from '../query/skipping/file-skipping.ts';
import { type Predicate, UNKNOWN } from '../query/skipping/predicate.ts';
import type { LakeReader } from './lake-reader.ts';
import type { PinnedTable, PinnedTables } from './open-tables.ts';

/** Rows of a result, column by column. */
export interface ResultTable {
  readonly names: readonly string[];
  readonly types: readonly DuckDBType[];
  readonly columns: readonly (readonly DuckDBValue[])[];
  readonly rowCount: number;
}

export interface LakeQuery {
  readonly sql: string;
  /** Values of `$name`. */
  readonly values?: Readonly<Record<string, DuckDBValue>>;
  /** The tables that the SQL names, with what is known of the rows that it wants of each. */
  readonly scans: Readonly<Record<string, Predicate>>;
  readonly signal: AbortSignal;
}

export class PinnedLake {
  readonly reader: LakeReader;
  readonly #pinned: PinnedTables;

  constructor(reader: LakeReader, pinned: PinnedTables) {
    this.reader = reader;
    this.#pinned = pinned;
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

  table(name: string): PinnedTable | undefined {
    return this.#pinned.tables.get(name);
  }

  /** Whether any file of the table may have such rows. */
  mayHave(name: string, predicate: Predicate): boolean {
    const table = this.table(name);
    return table !== undefined && matchingFiles(table.snapshot, filesOf(table), predicate).length > 0;
  }

  /** @throws LakeError TABLE_…, VERSION_NOT_FOUND when files of an old version are gone, QUERY_FAILED, TIMED_OUT. */
  async query({ sql, values = {}, scans, signal }: LakeQuery): Promise<ResultTable> {
    return this.reader.use(signal, async (connection) => {
      const parts: string[] = [];
      for (const [name, predicate] of Object.entries(scans)) {
        const select = await this.#select(connection, name, predicate);
        parts.push(`${quotedIdentifier(name)} AS (${select})`);
      }
      const text = parts.length === 0 ? sql : `WITH ${parts.join(',\n')}\n${sql}`;
      try {
        const result = await connection.runAndReadAll(text, { ...values });
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

  async #select(
    connection: Parameters<typeof deltaView>[0]['connection'],
    name: string,
    predicate: Predicate,
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
    const files = matchingFiles(snapshot, filesOf(table), predicate);
    const { sql: select } = await deltaView({
      connection,
      store,
      snapshot,
      files,
      allowAbsolutePaths: false,
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
      error instanceof Error && /No files found|Cannot open file|No such file/.test(error.message);
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

const FILES = new WeakMap<object, readonly Parameters<typeof matchingFiles>[1][number][]>();

/** Nothing is known of the wanted rows. */
export const ANY_ROW: Predicate = UNKNOWN;
