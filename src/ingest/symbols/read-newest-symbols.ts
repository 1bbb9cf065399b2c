/** The newest version of each symbol in the table. */
import pl from 'nodejs-polars';
import type { DeltaTable } from '../../delta/delta-table.ts';
import { localDataPaths } from '../../delta/store/data-path.ts';
import type { SymbolVersion } from '../../sources/instrument-list.ts';

const TIMES = ['known_at', 'session_start', 'session_end'];

export async function readNewestSymbols(table: DeltaTable): Promise<readonly SymbolVersion[]> {
  const newest = new Map<string, { readonly knownAt: number; readonly version: SymbolVersion }>();
  for (const add of table.snapshot.files.values()) {
    const [path] = await localDataPaths([add], table.store);
    if (path === undefined) continue;
    const scan = pl.scanParquet(path);
    const times = TIMES.filter((name) => scan.columns.includes(name));
    const frame = await scan
      .withColumns(...times.map((name) => pl.col(name).cast(pl.Datetime('us')).cast(pl.Int64)))
      .collect();
    for (const row of frame.toRecords() as Readonly<Record<string, unknown>>[]) {
      const version = versionOf(row);
      const key = `${version.venue} ${version.market} ${version.symbol}`;
      const knownAt = Number(row.known_at);
      if (knownAt >= (newest.get(key)?.knownAt ?? 0)) newest.set(key, { knownAt, version });
    }
  }
  return [...newest.values()]
    .map(({ version }) => version)
    .sort((a, b) => compare(a.venue, b.venue) || compare(a.market, b.market) || compare(a.symbol, b.symbol));
}

function versionOf(row: Readonly<Record<string, unknown>>): SymbolVersion {
  const text = (name: string) => (typeof row[name] === 'string' ? row[name] : null);
  const number = (name: string) => (row[name] === null || row[name] === undefined ? null : Number(row[name]));
  return {
    venue: text('venue') ?? '',
    market: text('market') ?? '',
    symbol: text('symbol') ?? '',
    status: text('status'),
    baseAsset: text('base_asset'),
    quoteAsset: text('quote_asset'),
    contractType: text('contract_type'),
    contractSize: number('contract_size'),
    priceIncrement: number('price_increment'),
    quantityIncrement: number('quantity_increment'),
    timeZone: text('time_zone'),
    sessionStartUs: number('session_start'),
    sessionEndUs: number('session_end'),
    isWatched: row.is_watched === true,
    isFeatured: row.is_featured === true,
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
