/** Dividends and splits of the past into the lake, each once. */
import type { Clock } from '../../base/clock.ts';
import { windowFromTable } from '../../ingest/dedup/table-window.ts';
import { TableBatch } from '../../ingest/rows/table-batch.ts';
import { openLakeTable } from '../../lake/open-lake-table.ts';
import { CORPORATE_ACTIONS_TABLE } from '../../lake/tables/corporate-actions.ts';
import type { CorporateAction } from '../../sources/corporate-action.ts';
import type { Dedup } from '../../sources/source.ts';
import type { MarketSymbol } from '../bars/symbol-key.ts';
import { appendNewRows } from './append-new-rows.ts';

export interface NewActionsOptions {
  readonly lake: string;
  readonly clock: Clock;
  readonly venue: string;
  readonly dedup: Dedup;
}

/** All that the table ever held. */
const WINDOW_MS = 1e14;

/** @returns how many were new. @throws LakeError COMMIT_CONFLICT. */
export async function appendNewActions(
  actions: readonly (CorporateAction & MarketSymbol)[],
  { lake, clock, venue, dedup }: NewActionsOptions,
): Promise<number> {
  if (actions.length === 0) return 0;
  const table = await openLakeTable(lake, CORPORATE_ACTIONS_TABLE);
  const nowUs = clock.nowUs();
  const hash = new Uint32Array(4);
  const news = async () => {
    const nowMs = nowUs / 1000;
    const { window } = await windowFromTable({ table, dedup, venue, windowMs: WINDOW_MS, nowMs });
    const rows = actions.map(({ market, symbol, kind, timeUs, value }) => {
      return { venue, market, symbol, kind, action_time: timeUs, value, known_at: nowUs };
    });
    return rows.filter((row) => dedup.hashRow(row, hash) && window.stage(hash, nowUs));
  };
  for (;;) {
    await table.refresh();
    const rows = await news();
    const batch = new TableBatch(CORPORATE_ACTIONS_TABLE);
    for (const row of rows) batch.add({}, row);
    const stored = await appendNewRows(table, batch, {}, async () => (await news()).length < rows.length);
    if (stored !== undefined) return stored;
  }
}
