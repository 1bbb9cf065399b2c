/**
 * A DuckDB that sees the lake's tables as views and nothing else: it cannot write, cannot reach the network, and opens
 * no file outside of the tables' folders.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { AddFile } from '../delta/actions.ts';
import type { DataType } from '../delta/schema.ts';
import type { Snapshot } from '../delta/snapshot.ts';
import type { TableStore } from '../delta/store.ts';
import { DuckDBInstance, quotedIdentifier, quotedString } from '../duckdb.ts';
import type { LakeView } from './coverage-views.ts';
import { dataPath, deltaView, emptySelect } from './delta-view.ts';
import { duckdbType } from './duckdb-type.ts';

export interface SessionTable {
  readonly name: string;
  readonly store: TableStore;
  readonly snapshot: Snapshot;
  /** Those that the queries of this session may find rows in. */
  readonly files: readonly AddFile[];
  /** Mounted by the user: its files may lie anywhere. */
  readonly isTrusted: boolean;
}

/** A table that does not exist yet: its view has the columns and no rows. */
export interface AbsentTable {
  readonly name: string;
  readonly columns: Readonly<Record<string, DataType>>;
}

export interface SessionTables {
  readonly tables: readonly SessionTable[];
  readonly absent: readonly AbsentTable[];
  /** Views and macros that build on the tables. */
  readonly views: readonly LakeView[];
}

export class LakeSession {
  readonly connection: DuckDBConnection;
  readonly #instance: DuckDBInstance;
  /** The one folder that the session may write: for what does not fit into memory, and for results. */
  readonly spillFolder: string;

  /** Not safe to run a user's SQL in before {@link show} has closed it. */
  static async start(memoryBytes: number): Promise<LakeSession> {
    const spillFolder = await mkdtemp(join(tmpdir(), 'crypto-lake-'));
    const instance = await DuckDBInstance.create(':memory:', {
      memory_limit: `${Math.floor(memoryBytes / 2 ** 20)}MiB`,
      temp_directory: spillFolder,
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
    const connection = await instance.connect();
    await connection.run("SET TimeZone = 'UTC'");
    // `connection.progress` tells; DuckDB itself prints nothing.
    await connection.run('SET enable_progress_bar = true; SET enable_progress_bar_print = false');
    return new LakeSession(instance, connection, spillFolder);
  }

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection, spillFolder: string) {
    this.#instance = instance;
    this.connection = connection;
    this.spillFolder = spillFolder;
  }

  /** Shows the tables, and from then on nothing else. Once. */
  async show({ tables, absent, views }: SessionTables): Promise<void> {
    const create = (name: string, sql: string) =>
      this.connection.run(`CREATE VIEW ${quotedIdentifier(name)} AS ${sql}`);
    for (const { isTrusted, ...table } of tables) {
      await create(table.name, await deltaView({ ...table, allowAbsolutePaths: isTrusted }));
    }
    for (const { name, columns } of absent) {
      const types = Object.entries(columns).map(([column, type]) => ({
        name: column,
        type: duckdbType(type),
      }));
      await create(name, emptySelect(types));
    }
    for (const { sql } of views) await this.connection.run(sql);
    await this.#close(tables);
  }

  async close(): Promise<void> {
    this.connection.closeSync();
    this.#instance.closeSync();
    await rm(this.spillFolder, { recursive: true, force: true });
  }

  async #close(tables: readonly SessionTable[]): Promise<void> {
    const folders = [...tables.map(({ store }) => store.location), this.spillFolder];
    const elsewhere = tables.flatMap(({ store, files }) =>
      files
        .map((add) => dataPath(add, { store, allowAbsolutePaths: true }))
        .filter((path) => !path.startsWith(`${store.location}/`)),
    );
    await this.connection.run(`SET allowed_directories = [${folders.map(quotedString).join(', ')}]`);
    if (elsewhere.length > 0)
      await this.connection.run(`SET allowed_paths = [${elsewhere.map(quotedString).join(', ')}]`);
    await this.connection.run('SET enable_external_access = false');
    await this.connection.run('SET lock_configuration = true');
  }
}
