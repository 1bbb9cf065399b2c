/** Keeps a list of the symbols in the lake, for completion: those of the newest files join those that are known. */
import { DuckDBInstance } from '@duckdb/node-api';
import { joinLocation } from '../base/location.ts';
import { localDataPaths } from '../delta/store/data-path.ts';
import { openTable } from '../lake/open-table.ts';
import { LAKE_TABLES } from '../lake/registry.ts';
import { parquetList } from '../parquet/parquet-list.ts';
import { readSymbols, saveSymbols } from '../spool/state/symbols-file.ts';

/** What was added since the last upkeep lies in them. */
const NEWEST_FILES = 24;
const MAX_FETCHED_BYTES = 16 * 2 ** 20;

/** Good to have: whatever goes wrong leaves the list as it is. */
export async function rememberSymbols(lake: string, spool: string): Promise<void> {
  const known = await readSymbols(spool);
  const symbols = new Set(known);
  for (const { name, columns } of LAKE_TABLES) {
    if (!('symbol' in columns)) continue;
    const found = await newestSymbols(joinLocation(lake, name)).catch(() => []);
    for (const symbol of found) symbols.add(symbol);
  }
  if (symbols.size > known.length) await saveSymbols(spool, [...symbols].sort()).catch(() => undefined);
}

async function newestSymbols(location: string): Promise<string[]> {
  const { snapshot, store } = await openTable(location);
  const newest = [...snapshot.files.values()]
    // What is large was merged, and its symbols were seen before; it would have to be fetched whole.
    .filter(({ size }) => store.folder !== undefined || Number(size) < MAX_FETCHED_BYTES)
    .sort((a, b) => Number(b.modificationTime) - Number(a.modificationTime))
    .slice(0, NEWEST_FILES);
  const files = await localDataPaths(newest, store);
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
