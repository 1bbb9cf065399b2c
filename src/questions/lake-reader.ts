/**
 * The lake as a server asks it: tables stay open, their logs are looked at for news at most a few times a second, and a
 * pool of warm connections reads the files that a question can need. Every question works on pinned versions.
 */

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { LakeError } from '../base/errors.ts';
import { isObjectStore } from '../base/location.ts';
import { makeScratchFolder } from '../base/scratch-folder.ts';
import { mebibytesText } from '../base/size.ts';
import { ObjectStoreAccess } from '../query/session/object-store-access.ts';
import { sqlError } from '../query/session/sql-guard.ts';
import { ConnectionPool } from './connection-pool.ts';
import { DirectReader } from './direct/direct-reader.ts';
import type { LakeConnections } from './lake-connections.ts';
import { OpenTables, type Pin } from './open-tables.ts';
import { PinnedLake } from './pinned-lake.ts';
import { RecentTables } from './recent/recent-tables.ts';

export interface LakeReaderOptions {
  readonly lake: string;
  readonly memoryBytes: number;
  /** Connections that work at the same time. */
  readonly connections?: number;
}

const CONNECTIONS = 4;

interface ReaderParts {
  readonly isRemote: boolean;
  readonly tables: OpenTables;
  readonly instance: DuckDBInstance;
  readonly pool: ConnectionPool;
  readonly scratch: string;
  readonly access: ObjectStoreAccess | undefined;
}

export class LakeReader implements LakeConnections {
  /** Whether each look at a table is a request to an object store. */
  readonly isRemote: boolean;
  readonly tables: OpenTables;
  readonly recent = new RecentTables();
  readonly direct = new DirectReader();
  readonly #instance: DuckDBInstance;
  readonly #pool: ConnectionPool;
  readonly #scratch: string;
  readonly #access: ObjectStoreAccess | undefined;

  static async open(options: LakeReaderOptions): Promise<LakeReader> {
    const { lake, memoryBytes, connections = CONNECTIONS } = options;
    const isRemote = isObjectStore(lake);
    const scratch = await makeScratchFolder(isRemote ? [] : [lake]);
    const instance = await DuckDBInstance.create(':memory:', {
      memory_limit: mebibytesText(memoryBytes),
      temp_directory: scratch,
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      // Files of this machine are in the system's cache: a copy of their bytes and footers grows with every file.
      enable_external_file_cache: String(isRemote),
      // What a large question took is given back to the system when it is answered.
      allocator_background_threads: 'true',
      allocator_flush_threshold: '1MB',
    });
    const opened: DuckDBConnection[] = [];
    for (let i = 0; i < connections; i++) {
      const connection = await instance.connect();
      await connection.run(`SET TimeZone = 'UTC'; SET parquet_metadata_cache = ${isRemote}`);
      opened.push(connection);
    }
    const [first] = opened;
    const access = first && (await ObjectStoreAccess.open(first, [lake]));
    return new LakeReader({
      isRemote,
      tables: new OpenTables(lake),
      instance,
      pool: new ConnectionPool(opened),
      scratch,
      access,
    });
  }

  private constructor({ isRemote, tables, instance, pool, scratch, access }: ReaderParts) {
    this.isRemote = isRemote;
    this.tables = tables;
    this.#instance = instance;
    this.#pool = pool;
    this.#scratch = scratch;
    this.#access = access;
  }

  get readsRemotely(): boolean {
    return this.#access !== undefined;
  }

  /** Queries that run or wait. */
  get load(): { readonly running: number; readonly waiting: number } {
    return this.#pool;
  }

  /** @throws LakeError VERSION_NOT_FOUND for a moment whose versions are gone. */
  async pin(names: readonly string[], pin: Pin = { kind: 'newest' }): Promise<PinnedLake> {
    return new PinnedLake(this, await this.tables.pin(names, pin), (...question) =>
      this.recent.rows(...question),
    );
  }

  async use<T>(signal: AbortSignal, work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    return this.#pool.use(signal, async (connection) => {
      const interrupt = () => connection.interrupt();
      signal.addEventListener('abort', interrupt, { once: true });
      try {
        await this.#access?.renew(connection);
        const result = await work(connection);
        if (signal.aborted) throw timedOut();
        return result;
      } catch (error) {
        throw signal.aborted ? timedOut() : ownError(error);
      } finally {
        signal.removeEventListener('abort', interrupt);
      }
    });
  }

  /** A file of the reader's own, for what DuckDB can only write to one. */
  scratchFile(name: string): string {
    return join(this.#scratch, name);
  }

  async close(): Promise<void> {
    this.recent.close();
    await this.#pool.close();
    this.#instance.closeSync();
    await rm(this.#scratch, { recursive: true, force: true });
  }
}

/** The SQL is ours: that it is wrong is a bug, not the asker's doing. */
function ownError(error: unknown): LakeError {
  const known = sqlError(error);
  if (known.code !== 'SQL_INVALID' && known.code !== 'SQL_FORBIDDEN') return known;
  return new LakeError('INTERNAL', known.message, { cause: error });
}

function timedOut(): LakeError {
  return new LakeError('TIMED_OUT', 'the query took too long and was ended', {
    hint: 'ask for less: a shorter time, fewer columns, or a smaller `limit`',
  });
}
