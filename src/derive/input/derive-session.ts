/** A DuckDB that reads the inputs of a run, with bounded memory. */

import { rm } from 'node:fs/promises';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { makeScratchFolder } from '../../base/scratch-folder.ts';
import { mebibytesText } from '../../base/size.ts';

export class DeriveSession {
  readonly connection: DuckDBConnection;
  readonly #instance: DuckDBInstance;
  /** The one folder that a run writes beside the tables. */
  readonly scratch: string;

  static async open(memoryBytes: number, scratchPlaces: readonly string[] = []): Promise<DeriveSession> {
    const spill = await makeScratchFolder(scratchPlaces);
    const instance = await DuckDBInstance.create(':memory:', {
      memory_limit: mebibytesText(memoryBytes),
      temp_directory: spill,
      threads: '2',
      enable_external_file_cache: 'false',
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
    const connection = await instance.connect();
    // The right side of a join is looked up in: so rows keep the order of the files, which is that of time.
    await connection.run(
      "SET TimeZone = 'UTC'; SET disabled_optimizers = 'join_order,build_side_probe_side'",
    );
    return new DeriveSession(instance, connection, spill);
  }

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection, spill: string) {
    this.#instance = instance;
    this.connection = connection;
    this.scratch = spill;
  }

  async close(): Promise<void> {
    this.connection.closeSync();
    this.#instance.closeSync();
    await rm(this.scratch, { recursive: true, force: true });
  }
}
