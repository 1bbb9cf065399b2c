/**
 * Stores closed segments: records → rows → one commit a table, in the order data, quarantine, coverage, so that
 * coverage never claims what is not stored. A table whose `txn` has the segment's number already is left alone.
 */
import { rm, stat } from 'node:fs/promises';
import type { Clock } from '../../base/clock.ts';
import { refusal } from '../../base/disk-errors.ts';
import { LakeError, systemCodeOf } from '../../base/errors.ts';
import type { DeltaTable } from '../../delta/delta-table.ts';
import { openLakeTable } from '../../lake/open-lake-table.ts';
import type { LakeTable } from '../../lake/table.ts';
import { COVERAGE_TABLE } from '../../lake/tables/coverage.ts';
import { LIQUIDATION_TABLE } from '../../lake/tables/liquidation.ts';
import { PRICES_TABLE } from '../../lake/tables/prices.ts';
import { QUARANTINE_TABLE } from '../../lake/tables/quarantine.ts';
import { spoolFolder } from '../../services/source.ts';
import { readSegment } from '../../spool/segments/read-segment.ts';
import { segmentPath } from '../../spool/segments/segment-file.ts';
import { DedupWindow } from '../dedup/dedup-window.ts';
import { FrameLoss } from '../dedup/frame-loss.ts';
import { newestWindow, windowAround } from '../dedup/table-window.ts';
import { SegmentDecoder } from '../rows/segment-decoder.ts';
import { appendBatch } from '../write/append-batch.ts';
import type { Ingest, IngestReport, IngestTarget } from './ingest-job.ts';
import { isLate, isOutrun, isTaken, lateNames, passedOverTxns, segmentTxn } from './out-of-order-segment.ts';

interface OpenSource {
  /** Data, quarantine, coverage: the order of the commits. */
  readonly tables: readonly { readonly definition: LakeTable; readonly table: DeltaTable }[];
  /** Read from the table before the first segment is stored, not at the start: capture waits for that. */
  window: DedupWindow | undefined;
  readonly missed: FrameLoss;
  /** Of segments that any of the tables knows to have been passed over. */
  readonly lateNames: readonly string[];
}

export class SegmentCommitter implements Ingest {
  readonly #clock: Clock;
  readonly #sources = new Map<string, OpenSource>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async open(target: IngestTarget): Promise<number> {
    const { tables } = await this.#source(target);
    return Math.max(...tables.map(({ table }) => Number(table.txnVersion(target.appId))));
  }

  async store(
    target: IngestTarget,
    segment: number,
    passedOver: readonly number[] = [],
  ): Promise<IngestReport> {
    const startedMs = this.#clock.monotonicMs();
    const source = await this.#source(target);
    const path = segmentPath(spoolFolder(target.spool, target.source), segment);
    const late = source.tables.some(({ table }) => isLate(table, target.appId, segment));
    const rows: Record<string, number> = {};
    const writtenAtMs = await writtenAt(path);
    if (writtenAtMs === undefined) {
      const isStored = source.tables.some(({ table }) => isTaken(table, target.appId, segment));
      if (!isStored) throw isMissing(path);
      // By a try whose answer nobody heard.
      return { segment, rows, duplicates: 0, lastEventUs: undefined, elapsedMs: 0 };
    }
    if (!late && source.tables.some(({ table }) => isOutrun(table, target.appId, segment)))
      throw outrun(path);
    const window = late
      ? await this.#fromTable(source, target, (...about) => windowAround(path, ...about))
      : await this.#windowOf(source, target);
    const batches = new SegmentDecoder({
      source: target.source === 'liquidations' ? 'liquidation' : 'prices',
      window,
      missed: late ? new FrameLoss() : source.missed,
    });
    for await (const items of readSegment(path)) for (const item of items) batches.add(item);
    batches.finish(Math.round(writtenAtMs * 1000));
    try {
      for (const { definition, table } of source.tables) {
        const batch = [batches.liquidation, batches.prices, batches.quarantine, batches.coverage].find(
          (candidate) => candidate.table.name === definition.name,
        );
        if (batch)
          rows[definition.name] = await appendBatch(
            table,
            batch,
            segmentTxn(table, target.appId, segment),
            passedOverTxns(table, target.appId, passedOver, source.lateNames),
          );
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
    // Read anew, with what is in the table now.
    if (late) source.window = undefined;
    await rm(path, { force: true });
    return {
      segment,
      rows,
      duplicates: batches.duplicates,
      lastEventUs: batches.lastEventUs,
      elapsedMs: this.#clock.monotonicMs() - startedMs,
    };
  }

  async #source(target: IngestTarget): Promise<OpenSource> {
    const known = this.#sources.get(keyOf(target));
    if (known) return known;
    const data = target.source === 'liquidations' ? LIQUIDATION_TABLE : PRICES_TABLE;
    const tables: { definition: LakeTable; table: DeltaTable }[] = [];
    for (const definition of [data, QUARANTINE_TABLE, COVERAGE_TABLE]) {
      tables.push({ definition, table: await openLakeTable(target.lake, definition, 'light') });
    }
    const source: OpenSource = {
      tables,
      window: undefined,
      missed: new FrameLoss(),
      lateNames: lateNames(tables.map(({ table }) => table)),
    };
    this.#sources.set(keyOf(target), source);
    return source;
  }

  async #windowOf(source: OpenSource, target: IngestTarget): Promise<DedupWindow> {
    source.window ??= await this.#fromTable(source, target, newestWindow);
    return source.window;
  }

  /** Only liquidations come twice. */
  async #fromTable(
    { tables: [first] }: OpenSource,
    target: IngestTarget,
    read: typeof newestWindow,
  ): Promise<DedupWindow> {
    if (first?.definition !== LIQUIDATION_TABLE) return new DedupWindow(target.duplicateWindowMs);
    try {
      return await read(first.table, target.duplicateWindowMs, this.#clock.nowUs() / 1000);
    } catch (error) {
      this.#sources.delete(keyOf(target));
      throw error;
    }
  }
}

/** When the file was last written, in milliseconds since the epoch; undefined when it is gone. */
async function writtenAt(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function outrun(path: string): LakeError {
  return new LakeError('SPOOL_OUTRUN', `the tables have later segments than ${path}, and may have it too`, {
    hint: 'it is set aside as `….segment.outrun`; if it is not stored, give it a number above all others',
  });
}

function isMissing(path: string): LakeError {
  return new LakeError('SPOOL_MISSING', `spool segment ${path} is gone`, {
    hint: 'what was received is in that file: bring it back, and it is stored',
  });
}

function keyOf({ lake, source }: IngestTarget): string {
  return `${source}\n${lake}`;
}
