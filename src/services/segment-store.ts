/**
 * Stores closed segments: records → rows → one commit a table, in the order data, quarantine, coverage, so that
 * coverage never claims what is not stored. A table whose `txn` has the segment's number already is left alone.
 */
import { rm, stat } from 'node:fs/promises';
import type { Clock } from '../clock.ts';
import type { DeltaTable } from '../delta/delta-table.ts';
import { LakeError, systemCodeOf } from '../errors.ts';
import {
  COVERAGE_TABLE,
  type LakeTable,
  LIQUIDATION_TABLE,
  PRICES_TABLE,
  QUARANTINE_TABLE,
} from '../models/lake-tables.ts';
import { DuplicateWindow } from '../processors/duplicate-window.ts';
import { MissedFrames } from '../processors/missed-frames.ts';
import { SegmentBatches } from '../processors/segment-batches.ts';
import { refusal } from '../spool/disk-refusal.ts';
import { readSegment } from '../spool/read-segment.ts';
import { segmentPath } from '../spool/segment-file.ts';
import { appendBatch } from '../writers/append-batch.ts';
import { openLakeTable } from '../writers/open-lake-table.ts';
import { recentKeys } from '../writers/recent-keys.ts';
import type { Ingest, IngestReport, IngestTarget } from './ingest-job.ts';
import { spoolFolder } from './source.ts';

interface OpenSource {
  /** Data, quarantine, coverage: the order of the commits. */
  readonly tables: readonly { readonly definition: LakeTable; readonly table: DeltaTable }[];
  /** Read from the table before the first segment is stored, not at the start: capture waits for that. */
  window: DuplicateWindow | undefined;
  readonly missed: MissedFrames;
}

export class SegmentStore implements Ingest {
  readonly #clock: Clock;
  readonly #sources = new Map<string, OpenSource>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async open(target: IngestTarget): Promise<number> {
    const { tables } = await this.#source(target);
    return Math.max(...tables.map(({ table }) => Number(table.txnVersion(target.appId))));
  }

  async store(target: IngestTarget, segment: number): Promise<IngestReport> {
    const startedMs = this.#clock.monotonicMs();
    const source = await this.#source(target);
    const window = await this.#windowOf(source, target);
    const path = segmentPath(spoolFolder(target.lake, target.source), segment);
    const batches = new SegmentBatches({
      source: target.source === 'liquidations' ? 'liquidation' : 'prices',
      window,
      missed: source.missed,
    });
    const rows: Record<string, number> = {};
    try {
      for await (const items of readSegment(path)) for (const item of items) batches.add(item);
      batches.finish(Math.round((await stat(path)).mtimeMs * 1000));
    } catch (error) {
      const isStored = source.tables.some(({ table }) => table.txnVersion(target.appId) >= segment);
      if (systemCodeOf(error) !== 'ENOENT' || !isStored) throw error;
      // By a try whose answer nobody heard.
      return { segment, rows, duplicates: 0, lastEventUs: undefined, elapsedMs: 0 };
    }
    try {
      for (const { definition, table } of source.tables) {
        const batch = [batches.liquidation, batches.prices, batches.quarantine, batches.coverage].find(
          (candidate) => candidate.table.name === definition.name,
        );
        if (batch)
          rows[definition.name] = await appendBatch(table, batch, { appId: target.appId, version: segment });
      }
    } catch (error) {
      // What the tables look like now is read anew at the next try, by a handle without a past.
      this.#sources.delete(keyOf(target));
      // The disk's own message names a temporary file, another one at each try: one trouble would be many.
      throw error instanceof LakeError || systemCodeOf(error) === undefined
        ? error
        : refusal(error, 'a table');
    }
    window.accept();
    await rm(path, { force: true });
    return {
      segment,
      rows,
      duplicates: batches.duplicates,
      lastEventUs: batches.lastEventUs,
      elapsedMs: this.#clock.monotonicMs() - startedMs,
    };
  }

  async close(): Promise<void> {
    this.#sources.clear();
  }

  async #source(target: IngestTarget): Promise<OpenSource> {
    const known = this.#sources.get(keyOf(target));
    if (known) return known;
    const data = target.source === 'liquidations' ? LIQUIDATION_TABLE : PRICES_TABLE;
    const tables: { definition: LakeTable; table: DeltaTable }[] = [];
    for (const definition of [data, QUARANTINE_TABLE, COVERAGE_TABLE]) {
      tables.push({ definition, table: await openLakeTable(target.lake, definition, 'light') });
    }
    const source: OpenSource = { tables, window: undefined, missed: new MissedFrames() };
    this.#sources.set(keyOf(target), source);
    return source;
  }

  async #windowOf(source: OpenSource, target: IngestTarget): Promise<DuplicateWindow> {
    if (source.window) return source.window;
    const { duplicateWindowMs } = target;
    const window = new DuplicateWindow(duplicateWindowMs);
    const [first] = source.tables;
    if (first?.definition === LIQUIDATION_TABLE) {
      try {
        const nowMs = this.#clock.nowUs() / 1000;
        for (const [key, receivedAtUs] of await recentKeys(first.table, duplicateWindowMs, nowMs))
          window.stage(key, receivedAtUs);
        window.accept();
      } catch (error) {
        this.#sources.delete(keyOf(target));
        throw error;
      }
    }
    source.window = window;
    return window;
  }
}

function keyOf({ lake, source }: IngestTarget): string {
  return `${source}\n${lake}`;
}
