/** Answers questions about the newest rows out of memory, where it has all of them at just the version that is asked for. */

import type { Span } from '../list-answer.ts';
import type { PinnedLake } from '../pinned-lake.ts';
import type { Series, SeriesSource } from '../series-source.ts';
import { newestTimeOf } from '../table-times.ts';
import { RecentRows } from './recent-rows.ts';
import { DoesNotFit, RecentTable } from './recent-table.ts';
import { layOut } from './row-layout.ts';
import type { SeriesRows } from './series-rows.ts';
import { settleAhead } from './settle-ahead.ts';

/** A day of minutes. */
const KEEP_ROWS = 1440;
/** With less than this a table is not worth its memory. */
const LEAST_ROWS = 180;
const TABLE_BYTES = 112 * 2 ** 20;
const ALL_BYTES = 144 * 2 ** 20;
const LOAD_MS = 60_000;
/** Whatever does not fit now may fit later. */
const AGAIN_MS = 300_000;

interface Held {
  readonly table: RecentTable;
  usedMs: number;
  following: Promise<unknown> | undefined;
}

export type RecentSource = Pick<SeriesSource, 'table' | 'series' | 'filters' | 'stepUs' | 'correctedBy'>;

export class RecentTables {
  readonly #held = new Map<string, Held>();
  readonly #loading = new Map<string, Promise<void>>();
  readonly #refusedUntilMs = new Map<string, number>();
  readonly #ended = new AbortController();

  get bytes(): number {
    let sum = 0;
    for (const { table } of this.#held.values()) sum += table.bytes;
    return sum;
  }

  /** Loads what many ask for. */
  async hold(lake: PinnedLake, source: Omit<RecentSource, 'series'>): Promise<void> {
    await Promise.all(tablesOf(source).map((of) => this.#load(lake, of)));
  }

  close(): void {
    this.#ended.abort();
  }

  /**
   * @param count of the first rows of the span, or of the last ones.
   * @returns undefined when memory does not have them all.
   */
  async rows(
    lake: PinnedLake,
    source: RecentSource,
    { fromUs, toUs }: Span,
    count: number,
    isBackward: boolean,
  ): Promise<RecentRows | undefined> {
    const tables = tablesOf(source);
    const [own, ...corrections] = await Promise.all(tables.map((of) => this.#tableAt(lake, of)));
    // While one of them was waited for, the other may have gone on. From here on nobody else has a turn.
    if (!tables.every((of) => this.#isAt(lake, of))) return undefined;
    const key = keyOf(source.series);
    const rows = own?.series(key);
    if (own === undefined || rows === undefined || rows.hasDuplicates) return undefined;
    const start = fromUs === undefined ? 0 : rows.find(Number(fromUs));
    const end = toUs === undefined ? rows.length : rows.find(Number(toUs));
    const from = isBackward ? Math.max(start, end - count) : start;
    const to = isBackward ? end : Math.min(end, start + count);
    const isWhole = isBackward && to - from === count;
    if (!isWhole && (fromUs === undefined || Number(fromUs) < rows.fromUs)) return undefined;
    if (corrections.some((of) => of === undefined || isCorrected(of, key, rows, from, to))) return undefined;
    const { venue, market, symbol } = source.series;
    const shared = { venue, market, symbol, timeframe: source.filters.timeframe ?? '1m' };
    const facts = { shared, texts: own.texts };
    const { cells, width } = rows;
    return new RecentRows({ cells, width, from, to, layout: own.layout, facts });
  }

  /** @returns the table at the version of the lake; undefined when that is not in memory. */
  async #tableAt(lake: PinnedLake, source: TableSource): Promise<RecentTable | undefined> {
    const version = lake.versions[source.table.name];
    const held = this.#held.get(nameOf(source));
    if (held === undefined) {
      if (lake.isNewest && version !== undefined) void this.#load(lake, source);
      return undefined;
    }
    held.usedMs = performance.now();
    if (version !== undefined && version > held.table.version) {
      held.following ??= this.#follow(lake, source, held).finally(() => {
        held.following = undefined;
      });
    }
    await held.following;
    return this.#isAt(lake, source) ? held.table : undefined;
  }

  /** Whether a table is in memory as it was at the version of the lake, and nothing is being added to it. */
  #isAt(lake: PinnedLake, source: TableSource): boolean {
    const held = this.#held.get(nameOf(source));
    const isStill = held !== undefined && held.following === undefined;
    return isStill && held.table.version === lake.versions[source.table.name];
  }

  async #follow(lake: PinnedLake, source: TableSource, held: Held): Promise<void> {
    try {
      await held.table.follow(lake, this.#signal());
    } catch {
      // Whatever it was, what is in memory is no longer known to be right.
      this.#held.delete(nameOf(source));
    }
  }

  #load(lake: PinnedLake, source: TableSource): Promise<void> {
    const name = nameOf(source);
    const known = this.#loading.get(name);
    if (known) return known;
    if (this.#held.has(name) || performance.now() < (this.#refusedUntilMs.get(name) ?? 0))
      return Promise.resolve();
    const loading = this.#loadNow(lake, source)
      .then((table) => {
        if (table === undefined) this.#refusedUntilMs.set(name, performance.now() + AGAIN_MS);
        else this.#keep(name, table);
      })
      .catch(() => void this.#refusedUntilMs.set(name, performance.now() + AGAIN_MS))
      .finally(() => this.#loading.delete(name));
    this.#loading.set(name, loading);
    return loading;
  }

  /** As many rows of each series as there is room for. */
  async #loadNow(lake: PinnedLake, source: TableSource): Promise<RecentTable | undefined> {
    const { table, timeframe } = source;
    const snapshot = lake.table(table.name)?.snapshot;
    if (snapshot === undefined) return undefined;
    const stepUs = Number(source.stepUs);
    const stored = new Set(snapshot.schema.fields.map(({ name }) => name));
    const layout = layOut(snapshot, table.timeColumn, stepUs);
    // A table of an older version of the program is given columns that it does not have.
    if (layout === undefined || Object.keys(table.columns).some((name) => !stored.has(name)))
      return undefined;
    const newestMs = newestTimeOf(snapshot, table.timeColumn);
    for (let keep = KEEP_ROWS; keep >= LEAST_ROWS; keep /= 2) {
      // Rounding in statistics is below one step.
      const fromUs =
        newestMs === undefined ? 0 : (Math.floor((newestMs * 1000) / stepUs) + 1 - keep) * stepUs;
      const recent = new RecentTable({ table, layout, timeframe, fromUs, keep, maxBytes: TABLE_BYTES });
      try {
        await recent.load(lake, this.#signal());
        return recent;
      } catch (error) {
        if (!(error instanceof DoesNotFit)) throw error;
      }
    }
    return undefined;
  }

  #keep(name: string, table: RecentTable): void {
    this.#held.set(name, { table, usedMs: performance.now(), following: undefined });
    const isHeld = () => this.#held.get(name)?.table === table;
    // At its end, and at any error: whoever asks for a row settles it.
    void settleAhead(table.all(), table.layout, isHeld, this.#ended.signal).catch(() => undefined);
    while (this.bytes > ALL_BYTES && this.#held.size > 1) {
      const [oldest] = [...this.#held].sort(([, a], [, b]) => a.usedMs - b.usedMs);
      if (oldest) this.#held.delete(oldest[0]);
    }
  }

  #signal(): AbortSignal {
    return AbortSignal.any([this.#ended.signal, AbortSignal.timeout(LOAD_MS)]);
  }
}

interface TableSource extends Pick<RecentSource, 'table' | 'stepUs'> {
  readonly timeframe: string | undefined;
}

/** The table of the rows, and that of what was corrected later. */
function tablesOf({
  table,
  filters,
  stepUs,
  correctedBy,
}: Omit<RecentSource, 'series'>): readonly TableSource[] {
  const own = { table, stepUs, timeframe: filters.timeframe };
  return correctedBy === undefined ? [own] : [own, { table: correctedBy, stepUs, timeframe: undefined }];
}

/** A corrected row is not made here. */
function isCorrected(
  corrections: RecentTable,
  key: string,
  rows: SeriesRows,
  from: number,
  to: number,
): boolean {
  if (from === to) return false;
  const firstUs = rows.timeAt(from);
  if (firstUs < corrections.fromUs) return true;
  const of = corrections.series(key);
  return of !== undefined && of.find(firstUs) < of.find(rows.timeAt(to - 1) + 1);
}

function nameOf({ table, timeframe }: TableSource): string {
  return `${table.name}|${timeframe ?? ''}`;
}

function keyOf({ venue, market, symbol }: Series): string {
  return `${venue}|${market}|${symbol}`;
}
