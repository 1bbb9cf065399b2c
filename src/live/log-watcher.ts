/** Tells the hub of rows that were committed: what no collector on this machine publishes, and what is derived. */
import { setTimeout as sleep } from 'node:timers/promises';
import { quotedIdentifier, quotedString } from '@duckdb/node-api';
import type { Logger } from 'pino';
import { messageOf } from '../base/errors.ts';
import { LAKE_TABLES } from '../lake/registry.ts';
import { toJson } from '../output/cell.ts';
import type { LakeReader } from '../questions/lake-reader.ts';
import { type NewsFiles, newsFiles } from '../questions/news-files.ts';
import type { PinnedLake } from '../questions/pinned-lake.ts';
import type { LiveEvent, LiveRow } from '../sources/live-event.ts';
import type { Hub } from './hub.ts';

const LOOK_MS = 250;
const READ_TIMEOUT_MS = 20_000;
/** A large commit, such as one of `backfill`, is published a chunk at a time, so that readers come along. */
const CHUNK_PAUSE_MS = 50;
const SLOWEST_MS_A_ROW = 1;

const WATCHED: Readonly<Record<string, (row: LiveRow) => LiveEvent>> = {
  bars_1m: (row) => ({ kind: 'bar', row: { ...row, closed: true } }),
  bar_corrections: (row) => ({ kind: 'correction', row: { ...row, closed: true } }),
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
  /** How often a table that is not there is looked for; with every look unless said. */
  readonly absentEveryMs?: number;
  readonly nowMs?: () => number;
}

/** Runs until the signal is aborted. Nobody waits for the news of another table. */
export async function watchLog(options: LogWatcherOptions, signal: AbortSignal): Promise<void> {
  const { hub, log, absentEveryMs = 0, nowMs = () => performance.now() } = options;
  const failing = new Set<string>();
  const looking = new Map<string, Promise<void>>();
  const missedMs = new Map<string, number>();
  const isMissing = (table: string) =>
    nowMs() < (missedMs.get(table) ?? Number.NEGATIVE_INFINITY) + absentEveryMs;
  const begin = async (table: string) => {
    try {
      if (await look(options, table, signal)) missedMs.delete(table);
      else missedMs.set(table, nowMs());
      failing.delete(table);
    } catch (error) {
      if (signal.aborted || failing.has(table)) return;
      failing.add(table);
      log.warn({ table }, `the newest rows cannot be read: ${messageOf(error)}; it is tried again`);
    }
  };
  while (!signal.aborted) {
    hub.sweep(performance.now());
    for (const table of hub.publishedVersions.keys())
      if (!looking.has(table) && !isMissing(table))
        looking.set(
          table,
          begin(table).finally(() => looking.delete(table)),
        );
    await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
  await Promise.all(looking.values());
}

/** Tells all that was committed since the last look, however much it is. @returns whether the table is there. */
async function look(
  { reader, hub, log }: LogWatcherOptions,
  table: string,
  signal: AbortSignal,
): Promise<boolean> {
  const lake = await reader.pin([table]);
  const pinned = lake.table(table);
  if (pinned === undefined) return false;
  const { version } = pinned.snapshot;
  for (
    let published = hub.publishedVersions.get(table);
    published !== undefined && published !== version;
    published = hub.publishedVersions.get(table)
  ) {
    // A lower one is of a table that was made anew.
    const news = published < version ? await newsFiles(pinned, published) : undefined;
    if (news === undefined) {
      hub.skip(table);
      log.warn({ table }, 'commits were cleaned up before they were published; readers see a jump of `seq`');
    } else if (news.added.length > 0) await tell(lake, hub, { table, news, signal });
    if (hub.publishedVersions.has(table)) hub.publishedVersions.set(table, news?.version ?? version);
  }
  return true;
}

interface News {
  readonly table: string;
  readonly news: NewsFiles;
  readonly signal: AbortSignal;
}

async function tell(lake: PinnedLake, hub: Hub, { table, news, signal }: News): Promise<void> {
  const event = WATCHED[table];
  const known = LAKE_TABLES.find(({ name }) => name === table);
  if (event === undefined || known === undefined) throw new TypeError(`${table} has no channel`);
  const { added, replaced, rowCount } = news;
  const symbols = hub.symbolsOf(table);
  const where =
    symbols === undefined ? ['true'] : [`symbol IN (${[...symbols].map(quotedString).join(', ') || 'NULL'})`];
  if (replaced.length > 0) {
    // That it was computed once more from newer inputs makes no other row.
    const values = Object.keys(known.columns).filter((column) => column !== 'inputs_version');
    const hash = `hash(${values.map(quotedIdentifier).join(', ')})`;
    where.push(`${hash} NOT IN (SELECT ${hash} FROM before)`);
  }
  // Two words on one bar may come in one commit.
  const order = [known.timeColumn, ...('revision' in known.columns ? ['revision'] : [])].join(', ');
  const inTime = AbortSignal.timeout(READ_TIMEOUT_MS + rowCount * SLOWEST_MS_A_ROW);
  const query = {
    sql: `SELECT * FROM ${table} WHERE ${where.join(' AND ')} ORDER BY ${order}`,
    scans: { [table]: added, before: { table, files: replaced } },
    signal: AbortSignal.any([signal, inTime]),
  };
  await lake.chunks(query, async (chunk, names) => {
    const columns = chunk.getColumns();
    const cells = names.map((name, index) => [name, columns[index] ?? []] as const);
    for (let row = 0; row < chunk.rowCount; row++)
      hub.publish(
        event(Object.fromEntries(cells.map(([name, values]) => [name, toJson(values[row] ?? null)]))),
      );
    if (chunk.rowCount === FULL_CHUNK) await sleep(CHUNK_PAUSE_MS, undefined, { signal });
    return true;
  });
}

/** What DuckDB makes of a result that goes on. */
const FULL_CHUNK = 2048;
