/**
 * Of which symbols indicators and features are made: those that `symbols` says are watched and featured. Where nobody
 * chose any, of all; a chosen one is made from its first bar on, however long it was left out.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { AddFile } from '../../delta/log/actions.ts';
import type { SymbolKey } from '../symbol-index.ts';
import { type InputTable, selectOf } from './input-table.ts';
import { newFiles } from './new-files.ts';

export type Choice = 'watched' | 'featured';
type Lists = Readonly<Record<Choice, ReadonlySet<string> | undefined>>;

const ALL: Lists = { watched: undefined, featured: undefined };

export class Watched {
  readonly #now: Lists;
  readonly #connection: DuckDBConnection | undefined;
  readonly #table: InputTable | undefined;

  static everything(): Watched {
    return new Watched(ALL);
  }

  static async load(connection: DuckDBConnection, table: InputTable | undefined): Promise<Watched> {
    if (table === undefined) return Watched.everything();
    const now = await listsIn(connection, table, [...table.snapshot.files.values()]);
    return new Watched(now, connection, table);
  }

  private constructor(now: Lists, connection?: DuckDBConnection, table?: InputTable) {
    this.#now = now;
    this.#connection = connection;
    this.#table = table;
  }

  /** The table that says so. */
  get table(): InputTable | undefined {
    return this.#table;
  }

  has(choice: Choice, key: SymbolKey): boolean {
    return this.#now[choice]?.has(textOf(key)) ?? true;
  }

  /**
   * Which symbols were chosen after a version of the table.
   * @param since undefined: nothing was made before. @returns undefined when none was.
   */
  async addedSince(
    choice: Choice,
    since: number | undefined,
  ): Promise<((key: SymbolKey) => boolean) | undefined> {
    const table = this.#table;
    if (this.#connection === undefined || table === undefined || since === undefined) return undefined;
    const added = new Set(await newFiles(table, since));
    if (added.size === 0) return undefined;
    const known = [...table.snapshot.files.values()].filter((file) => !added.has(file));
    const before = (await listsIn(this.#connection, table, known))[choice];
    const now = this.#now[choice];
    const isSame = before === undefined || [...(now ?? [])].every((text) => before.has(text));
    if (isSame && now !== undefined) return undefined;
    return (key) => this.has(choice, key) && before?.has(textOf(key)) === false;
  }
}

async function listsIn(
  connection: DuckDBConnection,
  table: InputTable,
  files: readonly AddFile[],
): Promise<Lists> {
  if (files.length === 0) return ALL;
  const rows = await connection.runAndReadAll(
    `SELECT venue, market, symbol, coalesce(is_featured, false) FROM (
       SELECT * FROM (${await selectOf(connection, table, files)})
       QUALIFY row_number() OVER (PARTITION BY venue, market, symbol ORDER BY known_at DESC) = 1
     ) WHERE is_watched`,
  );
  const watched = new Set<string>();
  const featured = new Set<string>();
  for (const [venue, market, symbol, isFeatured] of rows.getRows()) {
    const text = textOf({ venue: String(venue), market: String(market), symbol: String(symbol) });
    watched.add(text);
    if (isFeatured === true) featured.add(text);
  }
  const chosen = watched.size > 0 ? watched : undefined;
  return { watched: chosen, featured: featured.size > 0 ? featured : chosen };
}

function textOf({ venue, market, symbol }: SymbolKey): string {
  return JSON.stringify([venue, market, symbol]);
}
