/** What decoding hands over of one record after another: rows go to their tables, signs of life to the coverage. */

import type { Bar, BarOrigin } from '../../bars/bar.ts';
import type { BarLedger } from '../../bars/bar-ledger.ts';
import { truncateUtf8 } from '../../base/truncate-utf8.ts';
import type { LakeTable } from '../../lake/table.ts';
import { COVERAGE_TABLE } from '../../lake/tables/coverage.ts';
import { QUARANTINE_TABLE } from '../../lake/tables/quarantine.ts';
import { recordText } from '../../sources/record-text.ts';
import type { PollOutcome, Row, RowSinks, Rows } from '../../sources/rows.ts';
import type { Source } from '../../sources/source.ts';
import type { CoverageSpans } from '../dedup/coverage-spans.ts';
import type { DedupWindow } from '../dedup/dedup-window.ts';
import type { FrameLoss } from '../dedup/frame-loss.ts';
import type { MachineLoss } from '../dedup/machine-loss.ts';
import { addBar, addCorrection } from './bar-rows.ts';
import type { TableBatches } from './table-batches.ts';

export interface RecordRowsOptions {
  readonly source: Source;
  readonly window: DedupWindow;
  readonly loss: FrameLoss;
  /** Where other machines collect the same. */
  readonly shared?: { readonly loss: MachineLoss } | undefined;
  /** What is known of bars; sources of other things need none. */
  readonly ledger?: BarLedger | undefined;
  readonly spans: CoverageSpans;
  readonly batches: TableBatches;
}

/** A row of `coverage` about a poll. Times in microseconds since the epoch. */
export interface PollRow {
  readonly state: 'poll' | 'poll_failed';
  readonly stream: string;
  readonly market: string | null;
  readonly startedAtUs: number;
  readonly endedAtUs: number;
  readonly frames: number;
  readonly missed: number;
  readonly reason: string;
}

export class RecordRows implements Rows {
  duplicates = 0;
  lastEventUs: number | undefined;
  clockOffsetUs: number | null = null;
  /** Of the record that is decoded. */
  connection = '';
  receivedAtUs = 0;
  readonly #options: RecordRowsOptions;

  constructor(options: RecordRowsOptions) {
    this.#options = options;
  }

  heard(market: string | null): void {
    this.#options.spans.message(this.connection, this.receivedAtUs, market);
  }

  isNew(hash: Uint32Array, market: string): boolean {
    const { window, shared } = this.#options;
    shared?.loss.heard(hash, this.receivedAtUs);
    const isNew = window.stage(hash, this.receivedAtUs);
    this.delivered(hash, market, isNew);
    if (!isNew) this.duplicates++;
    return isNew;
  }

  delivered(hash: Uint32Array, market: string, isFirst: boolean): void {
    const { loss, spans } = this.#options;
    if (isFirst) loss.first(hash, market, this.connection, this.receivedAtUs, spans);
    else loss.again(hash, this.connection);
  }

  duplicate(): void {
    this.duplicates++;
  }

  begin<T extends LakeTable>(table: T, dateUs: number): RowSinks<T> {
    return this.#options.batches.of(table).begin(dateUs);
  }

  add<T extends LakeTable>(table: T, where: number | Readonly<Record<string, string>>, row: Row<T>): void {
    this.#options.batches.of(table).add(where, row);
  }

  bar(bar: Bar, origin: BarOrigin, received?: Uint8Array): boolean {
    const { source, batches, ledger } = this.#options;
    if (ledger === undefined) throw new TypeError(`${source.id} has no bars`);
    const cameFrom = {
      venue: source.venue,
      origin,
      knownAtUs: this.receivedAtUs,
      connection: this.connection,
    };
    const verdict = ledger.take(bar, origin, received, this.receivedAtUs);
    if (verdict.kind === 'same') {
      this.duplicates++;
      return false;
    }
    if (verdict.kind === 'new') {
      for (const quiet of verdict.quietBefore) addBar(batches, quiet, 'quiet', cameFrom);
      addBar(batches, bar, verdict.completeness, cameFrom);
      this.event(bar.openTimeUs);
      return true;
    }
    const said = received === undefined ? JSON.stringify(bar) : recordText({ payload: received });
    if (verdict.kind === 'late') {
      this.quarantine('a later word on this bar is stored', said, bar.market);
      return false;
    }
    const { known } = verdict;
    if (origin === 'stream' && known.origin === 'stream') {
      this.duplicates++;
      for (const one of [ledger.textOf(known) ?? JSON.stringify(known.bar), said])
        this.quarantine('two connections closed this bar differently', one, bar.market);
    } else addCorrection(batches, bar, ledger.correct(known, bar, origin, this.receivedAtUs), cameFrom);
    return false;
  }

  event(timeUs: number): void {
    this.lastEventUs = Math.max(this.lastEventUs ?? 0, timeUs);
  }

  polled({ stream, market, startedAtUs, rows, failure }: PollOutcome): void {
    this.pollRow({
      state: failure === undefined ? 'poll' : 'poll_failed',
      stream,
      market,
      startedAtUs,
      endedAtUs: this.receivedAtUs,
      frames: failure === undefined ? rows : 0,
      missed: 0,
      reason: failure ?? 'answered',
    });
  }

  pollRow({ startedAtUs, endedAtUs, reason, ...row }: PollRow): void {
    const { source, batches } = this.#options;
    batches.of(COVERAGE_TABLE).add(startedAtUs, {
      source: source.coverageSource,
      venue: source.venue,
      connection: this.connection,
      started_at: startedAtUs,
      ended_at: endedAtUs,
      end_reason: reason,
      clock_offset_us: this.clockOffsetUs,
      ...row,
    });
  }

  quarantine(reason: string, raw: string, market: string | null = null): void {
    const { source, batches } = this.#options;
    batches.of(QUARANTINE_TABLE).add(this.receivedAtUs, {
      source: source.coverageSource,
      venue: source.venue,
      market,
      connection: this.connection,
      received_at: this.receivedAtUs,
      reason,
      raw: truncateUtf8(raw),
    });
  }
}
