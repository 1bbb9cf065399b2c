/**
 * The durable queue between the sockets and the tables: records are appended to the current segment and synced
 * together (group commit) before anything else happens to them. While the disk refuses, what was taken is kept in a
 * bounded buffer and written as soon as it can be; nothing that was taken is ever dropped while the program runs.
 * Design: one segment, one commit a table.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir } from 'node:fs/promises';
import { type Clock, createSystemClock } from '../../base/clock.ts';
import { isOutOfSpace, refusal } from '../../base/disk-errors.ts';
import { DiskRetry, type SpoolState } from '../../base/disk-retry.ts';
import { LakeError } from '../../base/errors.ts';
import { Batch } from './batch.ts';
import { beginSegment } from './begin-segment.ts';
import { readLastSegment } from './last-segment.ts';
import type { SpoolRecord } from './record.ts';
import { type SegmentFile, segmentNumber } from './segment-file.ts';
import { MARKER_BYTES, SEGMENT_HEADER_BYTES } from './segment-header.ts';
import { abandon, createRotation, type SegmentRotation } from './segment-rotation.ts';

export interface SpoolOptions {
  readonly folder: string;
  /** Segment numbers start above it: what the tables know already must never be used again. */
  readonly floorSegment: number;
  /** Called once when the disk refuses, and once when it takes again. */
  readonly onStateChange: (state: SpoolState) => void;
  readonly clock?: Clock;
  /** Opens files; a test passes one that fails. */
  readonly openFile?: typeof open;
}

/** With so much waiting to be written the sockets are paused. */
const MAX_PENDING_BYTES = 8 * 2 ** 20;
/** What is noticed meanwhile is little, and goes on top; over weeks without a disk it must end somewhere. */
const MAX_PENDING_EVENT_BYTES = 4 * MAX_PENDING_BYTES;
const MAX_SPARE_BATCHES = 2;
const DELETION_CHECK_MS = 1000;

export class Spool {
  /** Segments that an earlier run left, oldest first. */
  readonly leftover: readonly number[];
  /** The first one of this run. */
  readonly firstSegment: number;
  readonly #options: Required<SpoolOptions>;
  readonly #marker: Buffer;
  /** The segment that is written to; none only when the next could not be begun before the end. */
  #file: SegmentFile | undefined;
  #fileEmptyBytes = SEGMENT_HEADER_BYTES;
  #lastSegment: number;
  /** Of the segment that takes what comes now; `#file` may be one behind. */
  #segmentBytes = SEGMENT_HEADER_BYTES;
  #emptyBytes = SEGMENT_HEADER_BYTES;
  #filling = new Batch();
  #rotations: SegmentRotation[] = [];
  /** The one whose last records are being written. */
  #current: SegmentRotation | undefined;
  /** One cut after the other, so that numbers come in order. */
  #rotation: Promise<unknown> = Promise.resolve();
  readonly #spares: Batch[] = [];
  /** Taken and not yet durable. */
  #pendingBytes = 0;
  #writable: Array<() => void> = [];
  #writing: Promise<void> | undefined;
  #aheadTurn: NodeJS.Immediate | undefined;
  #checkedMs: number;
  readonly #closing = new AbortController();
  readonly #diskRetry: DiskRetry;

  /** @throws LakeError DISK_FULL, LAKE_UNWRITABLE when no segment can be begun. */
  static async open(given: SpoolOptions): Promise<Spool> {
    const options = { clock: createSystemClock(), openFile: open, ...given };
    const { folder, floorSegment } = options;
    const marker = randomBytes(MARKER_BYTES);
    try {
      await mkdir(folder, { recursive: true });
      const leftover = (await readdir(folder))
        .map(segmentNumber)
        .filter((segment) => segment !== undefined)
        .sort((a, b) => a - b);
      const segment = Math.max(floorSegment, leftover.at(-1) ?? 0, await readLastSegment(folder)) + 1;
      return new Spool(options, leftover, marker, await beginSegment(options, segment, marker));
    } catch (error) {
      throw refusal(error);
    }
  }

  private constructor(
    options: Required<SpoolOptions>,
    leftover: readonly number[],
    marker: Buffer,
    file: SegmentFile,
  ) {
    this.#options = options;
    this.leftover = leftover;
    this.#marker = marker;
    this.#file = file;
    this.firstSegment = file.segment;
    this.#lastSegment = file.segment;
    this.#checkedMs = options.clock.monotonicMs();
    this.#diskRetry = new DiskRetry(options.onStateChange, this.#closing.signal);
  }

  /** The disk refuses, and that has been reported. */
  get isStopped(): boolean {
    return this.#diskRetry.stoppedBy !== undefined;
  }

  /** Size of the open segment with what still waits. */
  get segmentBytes(): number {
    return this.#segmentBytes;
  }

  /**
   * Takes a record without waiting; nothing is taken once the spool is closed.
   * @returns false when no more should come until `whenWritable`; what comes all the same is taken too.
   */
  appendNow(record: SpoolRecord): boolean {
    if (this.#closing.signal.aborted) return false;
    if (record.kind === 'event' && this.#pendingBytes > MAX_PENDING_EVENT_BYTES) return false;
    this.#add(record);
    if (this.#writing === undefined) this.#writing = this.#writeAll();
    else this.#planWriteAhead();
    return this.#pendingBytes <= MAX_PENDING_BYTES;
  }

  /**
   * Resolves when the record is durable, however long the disk refuses.
   * @throws LakeError DISK_FULL, LAKE_UNWRITABLE when the spool was closed before the disk took it.
   */
  async append(record: SpoolRecord): Promise<void> {
    while (this.#pendingBytes > MAX_PENDING_BYTES && !this.#closing.signal.aborted) await this.whenWritable();
    if (this.#closing.signal.aborted) throw new LakeError('INTERNAL', 'the spool is closed');
    this.appendNow(record);
    await this.#filling.durable();
  }

  /** Resolves when a full buffer has room again, or the spool is closed. */
  async whenWritable(): Promise<void> {
    if (this.#pendingBytes === 0 || this.#closing.signal.aborted) return;
    await new Promise<void>((resolve) => this.#writable.push(resolve));
  }

  /**
   * Closes the current segment when it holds anything, and begins the next. Its file is there before the cut, which is
   * at the call of `recordsAtCut`: not even then is a frame in memory alone.
   *
   * @param recordsAtCut gives the last record of the one and the first of the other.
   * @returns the number of the closed segment.
   * @throws LakeError DISK_FULL, LAKE_UNWRITABLE while the disk refuses: the segment goes on.
   */
  rotate(recordsAtCut: () => readonly [last: SpoolRecord, first: SpoolRecord]): Promise<number | undefined> {
    const cut = this.#rotation.then(() => this.#cut(recordsAtCut));
    this.#rotation = cut.catch(() => undefined);
    return cut.then((rotation) => rotation?.closed);
  }

  async #cut(recordsAtCut: () => readonly [SpoolRecord, SpoolRecord]): Promise<SegmentRotation | undefined> {
    if (this.#segmentBytes <= this.#emptyBytes || this.#closing.signal.aborted) return undefined;
    if (this.#diskRetry.stoppedBy) throw this.#diskRetry.stoppedBy;
    const next = await beginSegment(this.#options, ++this.#lastSegment, this.#marker, this.#file).catch(
      (error: unknown) => {
        throw refusal(error);
      },
    );
    if (this.#closing.signal.aborted) {
      await next.closeAndDelete();
      return undefined;
    }
    const [last, first] = recordsAtCut();
    this.#add(last);
    const batch = this.#filling;
    this.#filling = this.#freshBatch();
    this.#segmentBytes = SEGMENT_HEADER_BYTES;
    this.#add(first);
    this.#emptyBytes = this.#segmentBytes;
    const rotation = createRotation(batch, next, this.#emptyBytes);
    // Whoever waits for it may not be listening yet when it fails.
    rotation.closed.catch(() => undefined);
    this.#rotations.push(rotation);
    if (this.#writing === undefined) this.#writing = this.#writeAll();
    else this.#planWriteAhead();
    return rotation;
  }

  /**
   * Writes what waits, unless the disk refuses, and closes.
   * @returns the segment's number when it holds anything.
   */
  async close(): Promise<number | undefined> {
    this.#closing.abort();
    for (const resolve of this.#writable.splice(0)) resolve();
    await this.#writing;
    const file = this.#file;
    this.#file = undefined;
    if (file === undefined) return undefined;
    if (file.sizeBytes <= this.#fileEmptyBytes) {
      // What a disk that refuses to sync has taken all the same may still be there at the next start.
      if (this.#diskRetry.stoppedBy) await file.close();
      else await file.closeAndDelete();
      return undefined;
    }
    await file.recreateIfDeleted().catch(() => undefined);
    await file.close();
    return file.segment;
  }

  #add(record: SpoolRecord): void {
    const added = this.#filling.add(record, this.#marker);
    this.#pendingBytes += added;
    this.#segmentBytes += added;
  }

  async #writeAll(): Promise<void> {
    // Lets everything that arrives in this turn of the loop share one sync.
    await new Promise<void>((resolve) => setImmediate(resolve));
    for (;;) {
      const rotation = this.#rotations.shift();
      const batch = rotation?.batch ?? this.#filling;
      if (rotation === undefined) {
        if (batch.length === 0) break;
        this.#filling = this.#freshBatch();
      }
      this.#current = rotation;
      let refused = await this.#diskRetry.until(() => this.#write(batch.bytes));
      refused ??= await this.#restoreIfDeleted(rotation !== undefined);
      batch.settle(refused);
      this.#pendingBytes -= batch.length;
      this.#recycle(batch);
      if (refused) return this.#giveUp(refused);
      if (rotation) await this.#switchTo(rotation);
      this.#tellWritable();
    }
    this.#writing = undefined;
  }

  /** What arrives while earlier records are synced leaves the process in this turn of the loop. */
  #planWriteAhead(): void {
    this.#aheadTurn ??= setImmediate(() => {
      this.#aheadTurn = undefined;
      const cuts = this.#current ? [this.#current, ...this.#rotations] : this.#rotations;
      if (this.#current === undefined) this.#file?.writeFollowing((cuts[0]?.batch ?? this.#filling).bytes);
      for (const [i, { next }] of cuts.entries())
        next.writeAhead((cuts[i + 1]?.batch ?? this.#filling).bytes);
    });
  }

  /** A failed handle may stay useless for ever, as after a remount: the next try gets a new one. */
  async #write(bytes: Buffer): Promise<void> {
    const file = this.#file;
    if (file === undefined) throw new LakeError('INTERNAL', 'the spool has no segment to write to');
    try {
      if (this.#diskRetry.stoppedBy) await file.recreateIfDeleted();
      file.writeAhead(bytes);
      await file.append(bytes);
    } catch (error) {
      if (!isOutOfSpace(error)) await file.reopen().catch(() => undefined);
      throw error;
    }
  }

  async #switchTo({ next, nextEmptyBytes, resolve }: SegmentRotation): Promise<void> {
    const old = this.#file;
    await old?.close().catch(() => undefined);
    this.#file = next;
    this.#current = undefined;
    this.#fileEmptyBytes = nextEmptyBytes;
    resolve(old?.segment ?? 0);
  }

  /** Nothing more can be written, and the spool is closing. */
  #giveUp(refused: LakeError): void {
    if (this.#current) abandon(this.#current, refused);
    for (const rotation of this.#rotations.splice(0)) abandon(rotation, refused);
    this.#filling.settle(refused);
    this.#writing = undefined;
  }

  /** @returns why it was given up, which happens only on closing. */
  async #restoreIfDeleted(isEnding: boolean): Promise<LakeError | undefined> {
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs - this.#checkedMs < DELETION_CHECK_MS && !isEnding) return undefined;
    this.#checkedMs = nowMs;
    return this.#diskRetry.until(async () => this.#file?.recreateIfDeleted());
  }

  #tellWritable(): void {
    if (this.#pendingBytes <= MAX_PENDING_BYTES / 2)
      for (const resolve of this.#writable.splice(0)) resolve();
  }

  #freshBatch(): Batch {
    return this.#spares.pop() ?? new Batch();
  }

  #recycle(batch: Batch): void {
    batch.clear();
    if (batch.capacity <= MAX_PENDING_BYTES && this.#spares.length < MAX_SPARE_BATCHES)
      this.#spares.push(batch);
  }
}
