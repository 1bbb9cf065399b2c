/**
 * Bars of the past into the lake, from REST or the archive. What is there already is left as it is: a backfill may be
 * stopped and begun again at any time, and a second one writes nothing.
 */

import type { Bar } from '../../bars/bar.ts';
import { MINUTE_US } from '../../bars/bar.ts';
import { closedPart } from '../../bars/closed-part.ts';
import { type MinuteRange, missingRanges, planRequests } from '../../bars/plan-holes.ts';
import type { Clock } from '../../base/clock.ts';
import { LakeError } from '../../base/errors.ts';
import { type KnownMinutes, knownMinutes } from '../../ingest/bars/known-minutes.ts';
import { addBar, type BarProvenance } from '../../ingest/rows/bar-rows.ts';
import { TableBatches } from '../../ingest/rows/table-batches.ts';
import { openLakeTable } from '../../lake/open-lake-table.ts';
import { BARS_1M_TABLE } from '../../lake/tables/bars-1m.ts';
import type { BarArchive } from '../../sources/archive-spec.ts';
import type { CorporateAction } from '../../sources/corporate-action.ts';
import type { HistorySpec } from '../../sources/history-spec.ts';
import type { Dedup } from '../../sources/source.ts';
import type { WatchedSymbol } from '../../sources/watched-symbol.ts';
import { keyOf, type MarketSymbol } from '../bars/symbol-key.ts';
import type { VenueNetwork } from '../venue-network.ts';
import { appendNewActions } from './append-new-actions.ts';
import { appendNewRows } from './append-new-rows.ts';
import { ArchiveFiles } from './archive-files.ts';
import { archivePeriods, chunksOf, daysOf } from './backfill-plan.ts';
import { PoliteGet } from './polite-get.ts';

export interface BackfillProgress {
  /** Microseconds since the epoch: everything before is done. */
  readonly doneUs: number;
  readonly rows: number;
}

export interface BackfillBarsOptions {
  readonly lake: string;
  readonly clock: Clock;
  readonly network: VenueNetwork;
  readonly symbols: readonly WatchedSymbol[];
  /** Whole minutes, all of them over. */
  readonly range: MinuteRange;
  readonly history: HistorySpec;
  /** What two deliveries of one dividend or split have in common, where the venue tells of them. */
  readonly dedup: Dedup | undefined;
  /** Undefined: by REST. */
  readonly archive: BarArchive | undefined;
  readonly onProgress: (progress: BackfillProgress) => void;
  /** Something that is left out, for people. */
  readonly onNotice: (text: string) => void;
  readonly signal: AbortSignal;
}

/** @returns how many rows were stored. @throws LakeError EXCHANGE_…, COMMIT_CONFLICT. */
export async function backfillBars(options: BackfillBarsOptions): Promise<number> {
  const { lake, clock, network, symbols, range, dedup, signal, onProgress } = options;
  const table = await openLakeTable(lake, BARS_1M_TABLE);
  const reader = new HistoryReader(options);
  let rows = 0;
  for (const chunk of chunksOf(range, symbols.length)) {
    const span = { venue: network.venue.name, ...chunk, symbols: namesOf(symbols) };
    const stored = async (): Promise<number> => {
      // Before it is looked what is there: whatever is committed after that is a conflict.
      await table.refresh();
      const known = await knownMinutes(lake, span);
      const batches = new TableBatches();
      const taken: Taken = new Map();
      for (const one of symbols) {
        signal.throwIfAborted();
        taken.set(keyOf(one), await reader.read(one, chunk, known, batches));
      }
      const isAnyThere = async () => haveCommon(taken, await knownMinutes(lake, span));
      const batch = batches.of(BARS_1M_TABLE);
      return (await appendNewRows(table, batch, reader.takeDetails(), isAnyThere)) ?? stored();
    };
    rows += await stored();
    if (dedup !== undefined)
      await appendNewActions(reader.takeActions(), { lake, clock, venue: network.venue.name, dedup });
    onProgress({ doneUs: chunk.toUs, rows });
  }
  return rows;
}

/** By symbol, the minutes that a batch holds. */
type Taken = Map<string, ReadonlySet<number>>;

function haveCommon(taken: Taken, known: KnownMinutes): boolean {
  return [...taken].some(([key, minutes]) => {
    const there = known.get(key);
    return there !== undefined && [...minutes].some((minute) => there.has(minute));
  });
}

class HistoryReader {
  readonly #options: BackfillBarsOptions;
  readonly #rest: PoliteGet;
  readonly #files: ArchiveFiles;
  #checksums: Record<string, string> = {};
  #actions: (CorporateAction & MarketSymbol)[] = [];

  constructor(options: BackfillBarsOptions) {
    this.#options = options;
    this.#rest = new PoliteGet(options.network, options.clock, options.signal);
    this.#files = new ArchiveFiles(this.#rest);
  }

  /** Of the commit: which files its rows are from. */
  takeDetails(): Readonly<Record<string, string>> {
    const checksums = this.#checksums;
    this.#checksums = {};
    return Object.keys(checksums).length === 0 ? {} : { archive: JSON.stringify(checksums) };
  }

  /** Dividends and splits of what was read. */
  takeActions(): readonly (CorporateAction & MarketSymbol)[] {
    const actions = this.#actions;
    this.#actions = [];
    return actions;
  }

  /** @returns the minutes whose bars are in the batch now. */
  async read(
    one: WatchedSymbol,
    chunk: MinuteRange,
    known: KnownMinutes,
    into: TableBatches,
  ): Promise<ReadonlySet<number>> {
    const there = known.get(keyOf(one)) ?? new Set<number>();
    const missing = missingRanges(chunk, there);
    const taken = new Set<number>();
    if (missing.length === 0) return taken;
    const take = (bar: Bar, from: BarProvenance) => {
      const { openTimeUs } = bar;
      const isWanted = openTimeUs >= chunk.fromUs && openTimeUs < chunk.toUs;
      if (!isWanted || there.has(openTimeUs) || taken.has(openTimeUs)) return;
      taken.add(openTimeUs);
      const completeness = bar.tradeCount === 0 ? 'quiet' : 'counted';
      addBar(into, bar, completeness, from);
    };
    if (this.#options.archive === undefined) await this.#byRest(one, missing, take);
    else await this.#byArchive(one, missing, take);
    return taken;
  }

  async #byRest(
    { venue, market, symbol }: WatchedSymbol,
    missing: readonly MinuteRange[],
    take: (bar: Bar, from: BarProvenance) => void,
  ): Promise<void> {
    const { clock, history, network, onNotice } = this.#options;
    for (const range of planRequests(missing, history.maxMinutes(market))) {
      const { url, weight } = history.request(network.addresses, market, symbol, range);
      const { body, answeredAtUs } = await this.#rest.get(url, weight);
      const answer = history.parse(body, market, symbol, closedPart(range, answeredAtUs));
      if (typeof answer === 'string') throw nonsense(`${symbol}: ${answer}`);
      for (const { reason } of answer.bad) onNotice(`${symbol}: a bar is left out: ${reason}`);
      const from = { venue, origin: 'rest', knownAtUs: clock.nowUs(), connection: 'rest' } as const;
      for (const bar of answer.bars) take(bar, from);
      for (const action of answer.actions ?? []) this.#actions.push({ market, symbol, ...action });
    }
  }

  async #byArchive(
    { venue, market, symbol }: WatchedSymbol,
    missing: readonly MinuteRange[],
    take: (bar: Bar, from: BarProvenance) => void,
  ): Promise<void> {
    const { archive, clock, network, onNotice } = this.#options;
    const [first] = missing;
    const last = missing.at(-1);
    if (archive === undefined || first === undefined || last === undefined) return;
    const isMissing = ({ fromUs, toUs }: MinuteRange) =>
      missing.some((hole) => hole.fromUs < toUs && hole.toUs > fromUs);
    const load = async (period: string): Promise<boolean> => {
      const of = { market, symbol, period };
      const file = await this.#files.load(archive, archive.fileUrl(network.addresses, of));
      if (file === undefined) return false;
      this.#checksums[file.name] = file.sha256;
      const from = { venue, origin: 'archive', knownAtUs: clock.nowUs(), connection: 'archive' } as const;
      for (const bar of await archive.read(file.bytes, file.name, of)) {
        if (typeof bar === 'string') onNotice(`${file.name}: a line is left out: ${bar}`);
        else take(bar, from);
      }
      return true;
    };
    for (const { period, ...span } of archivePeriods({ fromUs: first.fromUs, toUs: last.toUs })) {
      if (!isMissing(span) || (await load(period))) continue;
      const days = period.length === 7 ? daysOf(span).filter(isMissing) : [];
      const absent = days.length === 0 ? [period] : [];
      for (const day of days) if (!(await load(day.period))) absent.push(day.period);
      if (absent.length > 0)
        onNotice(
          `the archive has no bars of ${symbol} of ${[...new Set([absent[0], absent.at(-1)])].join(' to ')}`,
        );
    }
  }
}

function namesOf(symbols: readonly WatchedSymbol[]): readonly string[] {
  return [...new Set(symbols.map(({ symbol }) => symbol))];
}

function nonsense(message: string): LakeError {
  return new LakeError('EXCHANGE_NONSENSE', message, {
    hint: 'nothing of this answer is stored; what was stored before stays, and the same command goes on from there',
  });
}

/** The newest whole minute that is over, with room for what is still on its way. */
export function lastMinute(nowUs: number): number {
  const SETTLED_US = 120_000_000;
  return Math.floor((nowUs - SETTLED_US) / MINUTE_US) * MINUTE_US;
}
