/** Keeps a list of the symbols in the lake, for completion: those of the newest files join those that are known. */
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { DeltaTable } from '../delta/delta-table.ts';
import { decodePath } from '../delta/format/file-path.ts';
import { LocalStore } from '../delta/store/local-store.ts';
import { LAKE_TABLES } from '../lake/registry.ts';
import { parquetList } from '../query/scan/parquet-list.ts';
import { readSymbols, saveSymbols } from '../spool/state/symbols-file.ts';

/** What was added since the last upkeep lies in them. */
const NEWEST_FILES = 24;

/** Good to have: whatever goes wrong leaves the list as it is. */
export async function rememberSymbols(lake: string, spool: string): Promise<void> {
  const known = await readSymbols(spool);
  const symbols = new Set(known);
  for (const { name, columns } of LAKE_TABLES) {
    if (!('symbol' in columns)) continue;
    const found = await newestSymbols(new LocalStore(join(lake, name))).catch(() => []);
    for (const symbol of found) symbols.add(symbol);
  }
  if (symbols.size > known.length) await saveSymbols(spool, [...symbols].sort()).catch(() => undefined);
}

async function newestSymbols(store: LocalStore): Promise<string[]> {
  const { snapshot } = await DeltaTable.open(store, { engine: 'duckdb' });
  const files = [...snapshot.files.values()]
    .sort((a, b) => Number(b.modificationTime) - Number(a.modificationTime))
    .slice(0, NEWEST_FILES)
    .map(({ path }) => store.enginePath(decodePath(path)));
  if (files.length === 0) return [];
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    const rows = await connection.runAndReadAll(
      `SELECT DISTINCT symbol FROM read_parquet(${parquetList(files)}, hive_partitioning = false) WHERE symbol IS NOT NULL`,
    );
    return rows.getRows().map(([symbol]) => String(symbol));
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
