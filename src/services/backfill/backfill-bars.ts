/**
 * Bars of the past into the lake, from REST or the archive. What is there already is left as it is: a backfill may be
 * stopped and begun again at any time, and a second one writes nothing.
 */
import type { Bar, BarOrigin } from '../../bars/bar.ts';
import { MINUTE_US } from '../../bars/bar.ts';
import { type MinuteRange, missingRanges, planRequests } from '../../bars/plan-holes.ts';
import type { Clock } from '../../base/clock.ts';
import { LakeError } from '../../base/errors.ts';
import { type KnownMinutes, knownMinutes } from '../../ingest/bars/known-minutes.ts';
import { addBar } from '../../ingest/rows/bar-rows.ts';
import { TableBatches } from '../../ingest/rows/table-batches.ts';
import { appendBatch } from '../../ingest/write/append-batch.ts';
import { openLakeTable } from '../../lake/open-lake-table.ts';
import { BARS_1M_TABLE } from '../../lake/tables/bars-1m.ts';
import type { BarArchive } from '../../sources/archive-spec.ts';
import type { HistorySpec } from '../../sources/history-spec.ts';
import type { WatchedSymbol } from '../../sources/watched-symbol.ts';
import type { VenueNetwork } from '../venue-network.ts';
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
  /** Undefined: by REST. */
  readonly archive: BarArchive | undefined;
  readonly onProgress: (progress: BackfillProgress) => void;
  /** Something that is left out, for people. */
  readonly onNotice: (text: string) => void;
  readonly signal: AbortSignal;
}

/** @returns how many rows were stored. @throws LakeError EXCHANGE_…, COMMIT_CONFLICT. */
export async function backfillBars(options: BackfillBarsOptions): Promise<number> {
  const { lake, network, symbols, range, signal, onProgress } = options;
  const table = await openLakeTable(lake, BARS_1M_TABLE);
  const reader = new HistoryReader(options);
  let rows = 0;
  for (const chunk of chunksOf(range, symbols.length)) {
    const known = await knownMinutes(lake, {
      venue: network.venue.name,
      ...chunk,
      symbols: namesOf(symbols),
    });
    const batches = new TableBatches();
    for (const one of symbols) {
      signal.throwIfAborted();
      await reader.read(one, chunk, known, batches);
    }
    await table.refresh();
    rows += await appendBatch(table, batches.of(BARS_1M_TABLE), undefined, reader.takeDetails());
    onProgress({ doneUs: chunk.toUs, rows });
  }
  return rows;
}

class HistoryReader {
  readonly #options: BackfillBarsOptions;
  readonly #rest: PoliteGet;
  readonly #files: ArchiveFiles;
  #checksums: Record<string, string> = {};

  constructor(options: BackfillBarsOptions) {
    this.#options = options;
    this.#files = new ArchiveFiles(options.network, options.signal);
    this.#rest = new PoliteGet(options.network, options.clock, options.signal);
  }

  /** Of the commit: which files its rows are from. */
  takeDetails(): Readonly<Record<string, string>> {
    const checksums = this.#checksums;
    this.#checksums = {};
    return Object.keys(checksums).length === 0 ? {} : { archive: JSON.stringify(checksums) };
  }

  async read(one: WatchedSymbol, chunk: MinuteRange, known: KnownMinutes, into: TableBatches): Promise<void> {
    const there = known.get(`${one.market}:${one.symbol}`) ?? new Set<number>();
    const missing = missingRanges(chunk, there);
    if (missing.length === 0) return;
    const taken = new Set<number>();
    const take = (bar: Bar, origin: BarOrigin, connection: string) => {
      const { openTimeUs } = bar;
      const isWanted = openTimeUs >= chunk.fromUs && openTimeUs < chunk.toUs;
      if (!isWanted || there.has(openTimeUs) || taken.has(openTimeUs)) return;
      taken.add(openTimeUs);
      const completeness = bar.tradeCount === 0 ? 'quiet' : 'counted';
      const knownAtUs = this.#options.clock.nowUs();
      addBar(into, bar, completeness, { venue: one.venue, origin, knownAtUs, connection });
    };
    if (this.#options.archive === undefined) await this.#byRest(one, missing, take);
    else await this.#byArchive(one, missing, take);
  }

  async #byRest(
    { market, symbol }: WatchedSymbol,
    missing: readonly MinuteRange[],
    take: (bar: Bar, origin: BarOrigin, connection: string) => void,
  ): Promise<void> {
    const { history, network, onNotice } = this.#options;
    for (const range of planRequests(missing, history.maxMinutes(market))) {
      const { url, weight } = history.request(network.addresses, market, symbol, range);
      const answer = history.parse(await this.#rest.get(url, weight), market, symbol, range);
      if (typeof answer === 'string') throw nonsense(`${symbol}: ${answer}`);
      for (const { reason } of answer.bad) onNotice(`${symbol}: a bar is left out: ${reason}`);
      for (const bar of answer.bars) take(bar, 'rest', 'rest');
    }
  }

  async #byArchive(
    { market, symbol }: WatchedSymbol,
    missing: readonly MinuteRange[],
    take: (bar: Bar, origin: BarOrigin, connection: string) => void,
  ): Promise<void> {
    const { archive, network, onNotice } = this.#options;
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
      for (const bar of archive.read(file.bytes, file.name, of)) {
        if (typeof bar === 'string') onNotice(`${file.name}: a line is left out: ${bar}`);
        else take(bar, 'archive', 'archive');
      }
      return true;
    };
    for (const { period, ...span } of archivePeriods({ fromUs: first.fromUs, toUs: last.toUs })) {
      if (!isMissing(span) || (await load(period))) continue;
      for (const day of period.length === 7 ? daysOf(span) : []) if (isMissing(day)) await load(day.period);
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
