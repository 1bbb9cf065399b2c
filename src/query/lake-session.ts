/**
 * A DuckDB that sees the lake's tables as views and nothing else: it cannot write, cannot reach the network, and opens
 * no file outside of the tables' folders.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance, quotedIdentifier, quotedString } from '@duckdb/node-api';
import type { AddFile } from '../delta/actions.ts';
import type { Snapshot } from '../delta/snapshot.ts';
import type { TableStore } from '../delta/store.ts';
import { deltaView } from './delta-view.ts';
import { duckdbType } from './duckdb-type.ts';

export interface SessionTable {
  readonly name: string;
  readonly store: TableStore;
  readonly snapshot: Snapshot;
  readonly files: readonly AddFile[];
  /** Mounted by the user: its files may lie anywhere. */
  readonly isTrusted: boolean;
}

/** A table that does not exist yet: its view has the columns and no rows. */
export interface AbsentTable {
  readonly name: string;
  readonly columns: Readonly<Record<string, Parameters<typeof duckdbType>[0]>>;
}

export interface SessionOptions {
  readonly tables: readonly SessionTable[];
  readonly absent: readonly AbsentTable[];
  readonly memoryBytes: number;
  /** Views and macros that build on the tables. */
  readonly definitions: readonly string[];
}

export class LakeSession {
  readonly connection: DuckDBConnection;
  readonly #instance: DuckDBInstance;
  /** The one folder that the session may write: for what does not fit into memory, and for results. */
  readonly spillFolder: string;

  static async open(options: SessionOptions): Promise<LakeSession> {
    const spillFolder = await mkdtemp(join(tmpdir(), 'crypto-lake-'));
    const instance = await DuckDBInstance.create(':memory:', {
      memory_limit: `${Math.floor(options.memoryBytes / 2 ** 20)}MiB`,
      temp_directory: spillFolder,
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
    const connection = await instance.connect();
    const session = new LakeSession(instance, connection, spillFolder);
    try {
      await session.#define(options);
    } catch (error) {
      await session.close();
      throw error;
    }
    return session;
  }

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection, spillFolder: string) {
    this.#instance = instance;
    this.connection = connection;
    this.spillFolder = spillFolder;
  }

  async close(): Promise<void> {
    this.connection.closeSync();
    this.#instance.closeSync();
    await rm(this.spillFolder, { recursive: true, force: true });
  }

  async #define({ tables, absent, definitions }: SessionOptions): Promise<void> {
    await this.connection.run("SET TimeZone = 'UTC'");
    const absolutePaths: string[] = [];
    for (const { name, store, snapshot, files, isTrusted } of tables) {
      const view = await deltaView({ store, snapshot, files, allowAbsolutePaths: isTrusted });
      absolutePaths.push(...view.absolutePaths);
      await this.connection.run(`CREATE VIEW ${quotedIdentifier(name)} AS ${view.sql}`);
    }
    for (const { name, columns } of absent) {
      const list = Object.entries(columns).map(
        ([column, type]) => `CAST(NULL AS ${duckdbType(type)}) AS ${quotedIdentifier(column)}`,
      );
      await this.connection.run(
        `CREATE VIEW ${quotedIdentifier(name)} AS SELECT ${list.join(', ')} WHERE false`,
      );
    }
    for (const definition of definitions) await this.connection.run(definition);
    const folders = [...tables.map(({ store }) => store.location), this.spillFolder];
    await this.connection.run(`SET allowed_directories = [${folders.map(quotedString).join(', ')}]`);
    if (absolutePaths.length > 0)
      await this.connection.run(`SET allowed_paths = [${absolutePaths.map(quotedString).join(', ')}]`);
    await this.connection.run('SET enable_external_access = false');
    await this.connection.run('SET lock_configuration = true');
  }
}
