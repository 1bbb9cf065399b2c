/** A DuckDB that reads the inputs of a run, with bounded memory. */

import { rm } from 'node:fs/promises';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { makeScratchFolder } from '../../base/scratch-folder.ts';
import { mebibytesText } from '../../base/size.ts';

export class DeriveSession {
  readonly connection: DuckDBConnection;
  readonly #instance: DuckDBInstance;
  readonly #aside: DuckDBConnection;
  #reading: Promise<unknown> = Promise.resolve();
  /** The one folder that a run writes beside the tables. */
  readonly scratch: string;

  static async open(
    memoryBytes: number,
    scratchPlaces: readonly string[] = [],
    threads = 2,
  ): Promise<DeriveSession> {
    const spill = await makeScratchFolder(scratchPlaces);
    const instance = await DuckDBInstance.create(':memory:', {
      memory_limit: mebibytesText(memoryBytes),
      temp_directory: spill,
      threads: String(threads),
      enable_external_file_cache: 'false',
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
    return new DeriveSession(instance, await connect(instance), await connect(instance), spill);
  }

  private constructor(
    instance: DuckDBInstance,
    connection: DuckDBConnection,
    aside: DuckDBConnection,
    spill: string,
  ) {
    this.#instance = instance;
    this.connection = connection;
    this.#aside = aside;
    this.scratch = spill;
  }

  /** Reads on a connection of its own, one after the other: a stream of rows ends with the next query on its connection. */
  aside<T>(read: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const reading = this.#reading.then(() => read(this.#aside));
    this.#reading = reading.catch(() => undefined);
    return reading;
  }

  async close(): Promise<void> {
    await this.#reading;
    this.#aside.closeSync();
    this.connection.closeSync();
    this.#instance.closeSync();
    await rm(this.scratch, { recursive: true, force: true });
  }
}

async function connect(instance: DuckDBInstance): Promise<DuckDBConnection> {
  const connection = await instance.connect();
  // The right side of a join is looked up in: so rows keep the order of the files, which is that of time.
  await connection.run("SET TimeZone = 'UTC'; SET disabled_optimizers = 'join_order,build_side_probe_side'");
  return connection;
}
