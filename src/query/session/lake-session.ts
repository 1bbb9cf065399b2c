/**
 * A DuckDB that sees the lake's tables as views and nothing else: it cannot write, cannot reach the network, and opens
 * exactly the files that were planned for its tables.
 */

import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance, quotedIdentifier, quotedString } from '@duckdb/node-api';
import { LakeError, messageOf } from '../../base/errors.ts';
import { makeScratchFolder, temporaryFolderError } from '../../base/scratch-folder.ts';
import { mebibytesText } from '../../base/size.ts';
import type { DataType } from '../../delta/format/schema.ts';
import type { AddFile } from '../../delta/log/actions.ts';
import type { Snapshot } from '../../delta/log/snapshot.ts';
import { dataPath } from '../../delta/store/data-path.ts';
import type { TableStore } from '../../delta/store/table-store.ts';
import { LAKE_TABLES } from '../../lake/registry.ts';
import type { LakeView } from '../../lake/table.ts';
import { allowedPaths } from '../../parquet/parquet-list.ts';
import { deltaView, emptySelect, failingSelect } from '../scan/delta-view.ts';
import { duckdbType } from '../scan/duckdb-type.ts';
import { ObjectStoreAccess, prepareHttpfs } from './object-store-access.ts';
import { OtherFilesError } from './other-files-error.ts';
import { sqlError } from './sql-guard.ts';

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

/** A table that cannot be read: its view, when its columns are known, raises this error. */
export interface BrokenTable {
  readonly name: string;
  readonly error: LakeError;
}

export interface SessionTables {
  readonly tables: readonly SessionTable[];
  readonly absent: readonly AbsentTable[];
  /** Those known already, joined by those that turn out to be. Undefined throws the error of the first instead. */
  readonly broken?: readonly BrokenTable[] | undefined;
  /** Views and macros that build on the tables. */
  readonly views: readonly LakeView[];
}

/** DuckDB's words for a disk that is full; the disk of the spill folder is the only one that it may write. */
const OUT_OF_SPACE =
  /No space left on device|Disk quota exceeded|Could not write all bytes|failed to offload/i;

export class LakeSession {
  readonly connection: DuckDBConnection;
  readonly #instance: DuckDBInstance;
  #broken: BrokenTable[] = [];
  /** Paths that may be read. Undefined until it is closed. */
  #allowed: ReadonlySet<string> | undefined;
  #isEmpty = true;
  #closing: Promise<void> | undefined;
  #httpfs: Promise<boolean> | undefined;
  #reached: Promise<ObjectStoreAccess | undefined> | undefined;
  /** For what does not fit into memory, and for {@link resultFile}. */
  readonly spillFolder: string;

  /**
   * Not safe to run a user's SQL in before {@link show} has closed it.
   *
   * @param scratchPlaces where to put what does not fit into memory, in the order of preference; else TMPDIR.
   * @throws LakeError LAKE_UNWRITABLE, DISK_FULL.
   */
  static async start(memoryBytes: number, scratchPlaces: readonly string[] = []): Promise<LakeSession> {
    // Begun before anything is waited for: it starts in a thread of its own, while logs are read in this one.
    const starting = DuckDBInstance.create(':memory:', {
      memory_limit: mebibytesText(memoryBytes),
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
    const [made, started] = await Promise.allSettled([makeScratchFolder(scratchPlaces), starting]);
    if (made.status === 'rejected' && started.status === 'fulfilled') started.value.closeSync();
    if (made.status === 'rejected') throw made.reason;
    if (started.status === 'rejected') throw started.reason;
    const [spillFolder, instance] = [made.value, started.value];
    const connection = await instance.connect();
    // `connection.progress` tells; DuckDB itself prints nothing. Footers are parsed once: nobody changes a data file.
    await connection.run(
      `SET temp_directory = ${quotedString(spillFolder)}; SET TimeZone = 'UTC'; SET enable_progress_bar = true;
       SET enable_progress_bar_print = false; SET parquet_metadata_cache = true`,
    );
    return new LakeSession(instance, connection, spillFolder);
  }

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection, spillFolder: string) {
    this.#instance = instance;
    this.connection = connection;
    this.spillFolder = spillFolder;
  }

  /** Begins what {@link reach} will need, so that logs can be read meanwhile. */
  prepareToReach(): void {
    this.#httpfs ??= prepareHttpfs(this.connection);
    this.#httpfs.catch(() => undefined);
  }

  /** Makes files on object stores readable where they are, if that can be had. Not within a transaction: it may fail. */
  async reach(stores: readonly TableStore[]): Promise<void> {
    const locations = stores.map(({ location }) => location);
    this.#reached ??= ObjectStoreAccess.open(
      this.connection,
      locations,
      () => this.#httpfs ?? prepareHttpfs(this.connection),
    );
    await this.#reached;
  }

  /**
   * Shows the tables, and from then on nothing else. Again only after {@link clear}.
   * @throws OtherFilesError when it was closed for other files before.
   */
  async show({ tables, absent, broken, views }: SessionTables): Promise<void> {
    const isAgain = this.#allowed !== undefined;
    if (isAgain && !this.#mayRead(tables)) throw new OtherFilesError();
    this.#broken = [...(broken ?? [])];
    const planned = new Set<string>();
    this.#isEmpty = tables.length === 0 && this.#broken.length === 0;
    await this.reach(tables.map(({ store }) => store));
    const readsRemotely = (await this.#reached) !== undefined;
    for (const { isTrusted, ...table } of tables) {
      try {
        const options = {
          ...table,
          connection: this.connection,
          readsRemotely,
          allowAbsolutePaths: isTrusted,
        };
        const trusting = await deltaView({ ...options, trustsColumns: true });
        await this.#view(table.name, trusting.sql).catch(async (error: unknown) => {
          if (!messageOf(error).startsWith('Binder Error')) throw error;
          await this.#view(table.name, (await deltaView(options)).sql);
        });
        for (const path of trusting.paths) planned.add(path);
      } catch (error) {
        // It may be for want of what only a session that is open can look at.
        if (isAgain) throw new OtherFilesError();
        if (broken === undefined || isTrusted) throw sqlError(error);
        this.#broken.push({ name: table.name, error: sqlError(error) });
      }
    }
    for (const { name, columns } of absent) await this.#view(name, emptySelect(typesOf(columns)));
    for (const [index, { name }] of this.#broken.entries()) {
      const known = LAKE_TABLES.find((table) => table.name === name);
      if (known) await this.#view(name, failingSelect(typesOf(known.columns), alarmText(index)));
    }
    for (const { sql } of views)
      await this.connection.run(sql).catch((error: unknown) => {
        throw viewError(error);
      });
    if (!isAgain) await this.#close(planned);
  }

  /** Whether it was closed for all these files. Before any view is made: that looks into them. */
  #mayRead(tables: SessionTables['tables']): boolean {
    return tables.every(({ store, files }) =>
      files.every((add) => this.#allowed?.has(dataPath(add, store).path)),
    );
  }

  /**
   * Forgets what it shows, which was made in the transaction of its question.
   * @returns whether it did: what was made outside of one stays.
   */
  clear(): Promise<boolean> {
    return this.connection.run('ROLLBACK').then(
      () => true,
      () => false,
    );
  }

  /** The one file that the session may write. */
  get resultFile(): string {
    return join(this.spillFolder, 'result.parquet');
  }

  /** Whether nothing was stored yet: every table is absent. */
  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  get broken(): readonly BrokenTable[] {
    return this.#broken;
  }

  /** What a failed query means: the trouble of the broken table that it read, or its own. */
  errorOf(error: unknown): LakeError {
    const index = this.#broken.findIndex((_, candidate) => messageOf(error).includes(alarmText(candidate)));
    if (index < 0 && OUT_OF_SPACE.test(messageOf(error))) {
      const cause = Object.assign(new Error(messageOf(error)), { code: 'ENOSPC' });
      return temporaryFolderError(dirname(this.spillFolder), cause);
    }
    return this.#broken[index]?.error ?? sqlError(error);
  }

  async #view(name: string, sql: string): Promise<void> {
    await this.connection.run(`CREATE VIEW ${quotedIdentifier(name)} AS ${sql}`);
  }

  /** A second time does nothing more. */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    this.connection.closeSync();
    this.#instance.closeSync();
    await rm(this.spillFolder, { recursive: true, force: true });
  }

  /** For good: DuckDB lets nobody open it again. */
  async #close(planned: ReadonlySet<string>): Promise<void> {
    await this.connection.run(
      `SET allowed_paths = ${allowedPaths([...planned, this.resultFile])};
       SET enable_external_access = false; SET lock_configuration = true`,
    );
    this.#allowed = planned;
  }
}

function typesOf(columns: AbsentTable['columns']) {
  return Object.entries(columns).map(([name, type]) => ({ name, type: duckdbType(type) }));
}

function alarmText(index: number): string {
  return `crypto-lake: broken table ${index};`;
}

/** Our own views are sound: what they lack is a column of a table that another program made or changed. */
function viewError(error: unknown): LakeError {
  const [first = ''] = messageOf(error).split('\n');
  if (!first.startsWith('Binder Error')) return sqlError(error);
  return new LakeError('TABLE_SCHEMA', `a table of this lake has not the columns of its name: ${first}`, {
    hint: 'another program made or changed it: see `crypto-lake tables NAME`, and ask it with `read --sql`',
    cause: error,
  });
}
