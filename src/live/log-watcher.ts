/** Tells the hub of rows that were committed: what no collector on this machine publishes, and what is derived. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { messageOf } from '../base/errors.ts';
import { toJson } from '../output/cell.ts';
import type { LakeReader } from '../questions/lake-reader.ts';
import type { LiveEvent, LiveRow } from '../sources/live-event.ts';

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
  readonly publish: (event: LiveEvent) => void;
  /** Whether anybody listens: else nothing is read. */
  readonly isWanted: (table: string) => boolean;
}

/** Runs until the signal is aborted. */
export async function watchLog(options: LogWatcherOptions, signal: AbortSignal): Promise<void> {
  const versions = new Map<string, number>();
  while (!signal.aborted) {
    for (const table of Object.keys(WATCHED)) {
      if (signal.aborted) return;
      await look(options, table, versions, signal).catch((error: unknown) => {
        if (!signal.aborted)
          options.log.warn({ table }, `the newest rows cannot be read: ${messageOf(error)}`);
      });
    }
    await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function look(
  { reader, publish, isWanted }: LogWatcherOptions,
  table: string,
  versions: Map<string, number>,
  signal: AbortSignal,
): Promise<void> {
  if (!isWanted(table)) {
    versions.delete(table);
    return;
  }
  const lake = await reader.pin([table]);
  const version = lake.versions[table];
  if (version === undefined) return void versions.set(table, -1);
  const before = versions.get(table);
  versions.set(table, version);
  if (before === undefined || before >= version) return;
  const event = WATCHED[table];
  if (event === undefined) return;
  const inTime = AbortSignal.any([signal, AbortSignal.timeout(READ_TIMEOUT_MS)]);
  const rows = await lake.addedSince(table, before, MAX_NEWS, inTime);
  const cells = rows.names.map((name, index) => [name, rows.columns[index] ?? []] as const);
  for (let row = 0; row < rows.rowCount; row++)
    publish(event(Object.fromEntries(cells.map(([name, column]) => [name, toJson(column[row] ?? null)]))));
}
