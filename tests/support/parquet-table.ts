/** Tables with real Parquet files, for tests that look into them. */
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type DuckDBConnection, DuckDBInstance, quotedString } from '@duckdb/node-api';
import { DeltaTable } from '../../src/delta/delta-table.ts';
import { encodePath } from '../../src/delta/format/file-path.ts';
import { type DataType, nullableField } from '../../src/delta/format/schema.ts';
import { statsColumns } from '../../src/delta/format/stats-columns.ts';
import { LocalStore } from '../../src/delta/store/local-store.ts';
import { PARQUET_CHECKPOINTS } from '../../src/parquet/parquet-checkpoints.ts';
import { writtenFiles } from '../../src/upkeep/compaction/copy-stats.ts';
import { fileStats } from '../../src/upkeep/compaction/file-stats.ts';

/** Runs SQL in a DuckDB of its own. */
export async function runSql(sql: string): Promise<unknown[][]> {
  return withDuckDb(async (connection) => (await connection.runAndReadAll(sql)).getRows());
}

interface AddOptions {
  /** As the disk has it. */
  readonly path?: string;
  readonly stats?: unknown;
  readonly partitionValues?: Readonly<Record<string, string | null>>;
}

export interface ParquetTable {
  readonly folder: string;
  readonly store: LocalStore;
  readonly table: DeltaTable;
  /** Writes the rows of a SELECT as a file and commits it, with true statistics unless others are given. */
  add(select: string, options?: AddOptions): Promise<string>;
}

export async function parquetTable(
  folder: string,
  columns: Readonly<Record<string, DataType>>,
  configuration: Readonly<Record<string, string>> = {},
  partitionColumns: readonly string[] = [],
): Promise<ParquetTable> {
  const store = new LocalStore(folder);
  const fields = Object.entries(columns).map(([name, type]) => nullableField(name, type));
  const table = await DeltaTable.openOrCreate(
    store,
    { checkpoints: PARQUET_CHECKPOINTS },
    { fields, partitionColumns, configuration },
  );
  let files = 0;
  return {
    folder,
    store,
    table,
    async add(select, options = {}) {
      const path = options.path ?? `part-${files++}.parquet`;
      const file = store.enginePath(path);
      await mkdir(dirname(file), { recursive: true });
      const trueStats = await withDuckDb(async (connection) => {
        const copied = await connection.runAndReadAll(
          `COPY (${select}) TO ${quotedString(file)} (FORMAT parquet, RETURN_STATS)`,
        );
        const [written] = writtenFiles(copied.getRows());
        return options.stats === undefined && written
          ? fileStats(written, statsColumns(table.metadata))
          : undefined;
      });
      const { size, mtimeMs } = await stat(file);
      const stats =
        trueStats ?? (typeof options.stats === 'string' ? options.stats : JSON.stringify(options.stats));
      const added = {
        path: encodePath(path),
        partitionValues: options.partitionValues ?? {},
        size,
        modificationTime: Math.floor(mtimeMs),
        dataChange: true,
        stats,
      };
      const outcome = await table.commit({ operation: 'WRITE', adds: [added], reads: 'nothing' });
      if (outcome.kind !== 'committed') throw new Error(`the append ended as ${outcome.kind}`);
      return path;
    },
  };
}

async function withDuckDb<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    await connection.run("SET TimeZone = 'UTC'");
    return await work(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
