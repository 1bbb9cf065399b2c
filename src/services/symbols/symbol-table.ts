/** The table of symbols: how each one is now, and a new version where something changed. */

import type { DeltaTable } from '../../delta/delta-table.ts';
import { openIfThere } from '../../lake/open-if-there.ts';
import { openLakeTable } from '../../lake/open-lake-table.ts';
import { SYMBOLS_TABLE } from '../../lake/tables/symbols.ts';
import type { SymbolVersion } from '../../sources/instrument-list.ts';

/** The newest version of each symbol. Undefined when the lake has no such table. */
export async function readSymbols(lake: string): Promise<readonly SymbolVersion[] | undefined> {
  const table = await openIfThere(lake, SYMBOLS_TABLE);
  return table === undefined ? undefined : versionsIn(table);
}

/** The same of an open table. */
export async function versionsIn(table: DeltaTable): Promise<readonly SymbolVersion[]> {
  const { readNewestSymbols } = await import('../../ingest/symbols/read-newest-symbols.ts');
  return readNewestSymbols(table);
}

/** @param knownAtUs microseconds since the epoch. */
export async function appendSymbols(
  lake: string,
  versions: readonly SymbolVersion[],
  knownAtUs: number,
): Promise<void> {
  if (versions.length === 0) return;
  const [{ TableBatch }, { appendBatch }] = await Promise.all([
    import('../../ingest/rows/table-batch.ts'),
    import('../../ingest/write/append-batch.ts'),
  ]);
  const batch = new TableBatch(SYMBOLS_TABLE);
  for (const one of versions) {
    batch.add(
      {},
      {
        venue: one.venue,
        market: one.market,
        symbol: one.symbol,
        status: one.status,
        base_asset: one.baseAsset,
        quote_asset: one.quoteAsset,
        contract_type: one.contractType,
        contract_size: one.contractSize,
        price_increment: one.priceIncrement,
        quantity_increment: one.quantityIncrement,
        time_zone: one.timeZone,
        session_start: one.sessionStartUs,
        session_end: one.sessionEndUs,
        is_watched: one.isWatched ? 1 : 0,
        is_featured: one.isFeatured ? 1 : 0,
        known_at: knownAtUs,
      },
    );
  }
  await appendBatch(await openLakeTable(lake, SYMBOLS_TABLE), batch, undefined);
}
