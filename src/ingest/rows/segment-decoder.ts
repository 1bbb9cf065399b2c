/**
 * One spool segment → the rows of every table that it touches. A pure function of the segment's records and of the
 * keys seen before: a replay after a crash gives the same rows. One message or a hundred thousand take the same way.
 */
import type { BarLedger } from '../../bars/bar-ledger.ts';
import type { Facts } from '../../base/facts.ts';
import { COVERAGE_TABLE } from '../../lake/tables/coverage.ts';
import { recordText } from '../../sources/record-text.ts';
import type { Source } from '../../sources/source.ts';
import type { DamagedRecord } from '../../spool/segments/read-segment.ts';
import type { SpoolEvent, SpoolRecord } from '../../spool/segments/record.ts';
import { CoverageSpans } from '../dedup/coverage-spans.ts';
import type { DedupWindow } from '../dedup/dedup-window.ts';
import type { FrameLoss } from '../dedup/frame-loss.ts';
import type { MachineLoss } from '../dedup/machine-loss.ts';
import type { RecentKey } from '../dedup/recent-keys.ts';
import { RecordRows } from './record-rows.ts';
import { TableBatches } from './table-batches.ts';

export interface SegmentContext {
  readonly source: Source;
  /** Nothing of another segment is staged in it. */
  readonly window: DedupWindow;
  readonly loss: FrameLoss;
  /** Where other machines collect the same source. */
  readonly shared?: SharedSource | undefined;
  /** Nothing of another segment is staged in it. */
  readonly ledger?: BarLedger | undefined;
}

export interface SharedSource {
  /** The name of this one. */
  readonly machine: string;
  readonly loss: MachineLoss;
  /** The newest rows of all of them. */
  readonly stored: readonly RecentKey[];
}

export class SegmentDecoder {
  readonly batches = new TableBatches();
  readonly #context: SegmentContext;
  readonly #spans: CoverageSpans;
  readonly #rows: RecordRows;
  #facts: Facts = {};
  /** Damage before the first intact record: it is dated as that one. */
  #undated: DamagedRecord[] = [];

  constructor(context: SegmentContext) {
    this.#context = context;
    this.#spans = new CoverageSpans(context.source.feed);
    const { source, window, loss, shared, ledger } = context;
    // Spread, the first dozen of them would differ in shape, and what was compiled for one be thrown away for the next.
    this.#rows = new RecordRows({
      source,
      window,
      loss,
      shared,
      ledger,
      spans: this.#spans,
      batches: this.batches,
    });
  }

  get duplicates(): number {
    return this.#rows.duplicates;
  }

  /** Newest time of what was decoded, in microseconds since the epoch. */
  get lastEventUs(): number | undefined {
    return this.#rows.lastEventUs;
  }

  /** Takes the next record of the segment. */
  add(record: SpoolRecord | DamagedRecord): void {
    const rows = this.#rows;
    if ('damaged' in record) {
      if (rows.receivedAtUs === 0) this.#undated.push(record);
      else this.#damaged(record);
      return;
    }
    rows.receivedAtUs = record.receivedAtUs;
    if (this.#undated.length > 0) this.#dateDamage();
    rows.connection = record.connection;
    const { source } = this.#context;
    switch (record.kind) {
      case 'frame':
        source.decode(record, this.#facts, rows);
        this.#countLosses(record.receivedAtUs);
        break;
      case 'binary':
        rows.quarantine('a binary frame', recordText(record));
        break;
      case 'response':
        source.decode(record, this.#facts, rows);
        break;
      case 'event':
        this.#event(record, JSON.parse(recordText(record)) as SpoolEvent);
        break;
    }
  }

  /**
   * Ends the coverage spans where the segment ends.
   * @param writtenAtUs when the segment's file was last written: the date of damage that left no record intact.
   */
  finish(writtenAtUs: number): void {
    const rows = this.#rows;
    rows.receivedAtUs ||= writtenAtUs;
    this.#dateDamage();
    const { source, shared } = this.#context;
    for (const { connection, market } of shared?.loss.takeMissed(shared.stored) ?? [])
      this.#spans.missed(connection, market);
    const spans = this.#spans.finish();
    shared?.loss.listened(spans);
    for (const span of spans) {
      this.batches.of(COVERAGE_TABLE).add(span.startedAtUs, {
        source: source.coverageSource,
        venue: source.venue,
        market: span.market,
        stream: source.feed?.stream ?? null,
        connection: shared === undefined ? span.connection : `${shared.machine}/${span.connection}`,
        state: span.state,
        started_at: span.startedAtUs,
        ended_at: span.endedAtUs,
        frames: span.frames,
        missed: span.missed,
        end_reason: span.endReason,
        clock_offset_us: rows.clockOffsetUs,
      });
    }
  }

  #countLosses(nowUs: number): void {
    for (const { connection, market } of this.#context.loss.takeMissed(nowUs))
      this.#spans.missed(connection, market);
  }

  #dateDamage(): void {
    for (const record of this.#undated) this.#damaged(record);
    this.#undated = [];
  }

  #damaged({ bytes }: DamagedRecord): void {
    this.#rows.connection = '';
    this.#rows.quarantine('damaged in the spool', Buffer.from(bytes).toString());
  }

  #event({ connection, receivedAtUs }: SpoolRecord, event: SpoolEvent): void {
    this.#spans.event(connection, event, receivedAtUs);
    const rows = this.#rows;
    switch (event.type) {
      case 'segment_opened':
        this.#facts = { ...event.facts, ...(event.contractSizes && { contractSizes: event.contractSizes }) };
        rows.clockOffsetUs = event.clockOffsetUs ?? null;
        break;
      case 'fact':
        this.#facts = { ...this.#facts, [event.name]: event.value };
        break;
      case 'contract_sizes':
        this.#facts = { ...this.#facts, contractSizes: event.sizes };
        break;
      case 'clock_offset':
        rows.clockOffsetUs = event.offsetUs;
        break;
      case 'disconnected':
        this.#context.loss.disconnected(connection);
        break;
      case 'poll_failed':
        rows.pollRow({
          state: 'poll_failed',
          stream: event.stream,
          market: event.market ?? null,
          startedAtUs: event.scheduledAtUs,
          endedAtUs: event.endedAtUs,
          frames: 0,
          missed: event.missed,
          reason: event.reason,
        });
        break;
    }
  }
}
