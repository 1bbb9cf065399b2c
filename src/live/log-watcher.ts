/** Tells the hub of rows that were committed: what no collector on this machine publishes, and what is derived. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { messageOf } from '../base/errors.ts';
import { toJson } from '../output/cell.ts';
import type { LakeReader } from '../questions/lake-reader.ts';
import type { LiveEvent, LiveRow } from '../sources/live-event.ts';
import type { Hub } from './hub.ts';

const LOOK_MS = 250;
/** A backfill is no news. */
const MAX_NEWS = 5000;
const READ_TIMEOUT_MS = 20_000;

const WATCHED: Readonly<Record<string, (row: LiveRow) => LiveEvent>> = {
  bars_1m: (row) => ({ kind: 'bar', row: { ...row, closed: true } }),
  bars_rollup: (row) => ({ kind: 'bar', row: { ...row, closed: true } }),
  liquidation: (row) => ({ kind: 'liquidation', row }),
  prices: (row) => ({
    kind: 'ticker',
    row: {
      venue: row.venue ?? null,
      market: row.market ?? null,
      symbol: row.symbol ?? null,
      price: row.last_price ?? null,
      price_change_percent: row.price_change_percent ?? null,
      quote_volume: row.quote_volume ?? null,
      timestamp: row.collected_at ?? null,
    },
  }),
  indicators: (row) => ({ kind: 'row', table: 'indicators', row }),
  coverage: (row) => ({ kind: 'row', table: 'coverage', row }),
  quality: (row) => ({ kind: 'row', table: 'quality', row }),
};

export interface LogWatcherOptions {
  readonly reader: LakeReader;
  readonly log: Logger;
  /** Whose tables are followed; no other one is read. */
  readonly hub: Hub;
}

/** Runs until the signal is aborted. */
export async function watchLog(options: LogWatcherOptions, signal: AbortSignal): Promise<void> {
  const { hub, log } = options;
  const failing = new Set<string>();
  while (!signal.aborted) {
    hub.sweep(performance.now());
    for (const table of [...hub.told.keys()]) {
      if (signal.aborted) return;
      try {
        await look(options, table, signal);
        failing.delete(table);
      } catch (error) {
        if (signal.aborted || failing.has(table)) continue;
        failing.add(table);
        log.warn({ table }, `the newest rows cannot be read: ${messageOf(error)}; it is tried again`);
      }
    }
    await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function look({ reader, hub }: LogWatcherOptions, table: string, signal: AbortSignal): Promise<void> {
  const lake = await reader.pin([table]);
  const version = lake.versions[table];
  const before = hub.told.get(table);
  const event = WATCHED[table];
  if (version === undefined || before === undefined || before === version || event === undefined) return;
  if (before < version) {
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(READ_TIMEOUT_MS)]);
    const rows = await lake.addedSince(table, before, MAX_NEWS, inTime);
    const cells = rows.names.map((name, index) => [name, rows.columns[index] ?? []] as const);
    for (let row = 0; row < rows.rowCount; row++)
      hub.publish(
        event(Object.fromEntries(cells.map(([name, column]) => [name, toJson(column[row] ?? null)]))),
      );
  }
  hub.told.set(table, version);
}
