/**
 * The durable queue between the sockets and the tables: records are appended to the current segment and synced
 * together (group commit) before anything else happens to them. While the disk refuses, what was taken is kept in a
 * bounded buffer and written as soon as it can be.
 */
import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { LakeError, messageOf } from '../errors.ts';
import type { SpoolRecord } from './record.ts';
import { SegmentFile, segmentNumber } from './segment-file.ts';
import { encodeRecordInto, HEADER_BYTES, recordBytes } from './segment-format.ts';

export interface SpoolState {
  readonly state: 'ok' | 'stopped';
  readonly reason: string;
}

export interface SpoolOptions {
  readonly folder: string;
  /** Segment numbers start above it: what the tables know already must never be used again. */
  readonly floorSegment: number;
  readonly onStateChange: (state: SpoolState) => void;
}

interface Waiter {
  resolve(): void;
  reject(error: Error): void;
}

/** How much may wait to be written; a full buffer pauses the sockets. */
const MAX_PENDING_BYTES = 8 * 2 ** 20;
const FIRST_PENDING_BYTES = 2 ** 18;
const FIRST_RETRY_MS = 50;
const MAX_RETRY_MS = 2000;
const DELETION_CHECK_MS = 1000;

export class Spool {
  /** Segments that an earlier run left, oldest first. */
  readonly leftover: readonly number[];
  readonly #folder: string;
  readonly #onStateChange: SpoolOptions['onStateChange'];
  #file: SegmentFile;
  #lastSegment: number;
  /** Bytes of the current segment that are no data of their own: its header and first record. */
  #emptyBytes = HEADER_BYTES;
  #pending = Buffer.allocUnsafe(FIRST_PENDING_BYTES);
  #spare = Buffer.allocUnsafe(FIRST_PENDING_BYTES);
  #pendingBytes = 0;
  #waiters: Waiter[] = [];
  #writable: Array<() => void> = [];
  #writing: Promise<void> | undefined;
  #checkedMs = performance.now();
  #isStopped = false;
  #isClosing = false;

  static async open(options: SpoolOptions): Promise<Spool> {
    const { folder, floorSegment } = options;
    const leftover = (await readdir(folder))
      .map(segmentNumber)
      .filter((segment) => segment !== undefined)
      .sort((a, b) => a - b);
    const segment = Math.max(floorSegment, leftover.at(-1) ?? 0) + 1;
    return new Spool(options, leftover, await SegmentFile.create(folder, segment));
  }

  private constructor(
    { folder, onStateChange }: SpoolOptions,
    leftover: readonly number[],
    file: SegmentFile,
  ) {
    this.#folder = folder;
    this.#onStateChange = onStateChange;
    this.leftover = leftover;
    this.#file = file;
    this.#lastSegment = file.segment;
  }

  /** Size of the open segment with what still waits. */
  get segmentBytes(): number {
    return this.#file.sizeBytes + this.#pendingBytes;
  }

  /** Takes a record without waiting; false when the buffer is full: the record was not taken. */
  appendNow(record: SpoolRecord): boolean {
    const length = recordBytes(record);
    const isFull = this.#pendingBytes > 0 && this.#pendingBytes + length > MAX_PENDING_BYTES;
    // Events are few and small, and coverage depends on them.
    if (isFull && record.kind !== 'event') return false;
    this.#reserve(length);
    this.#pendingBytes = encodeRecordInto(this.#pending, this.#pendingBytes, record);
    this.#writing ??= this.#writeAll();
    return true;
  }

  /**
   * Resolves when the record is durable.
   * @throws LakeError DISK_FULL when the spool was closed before the disk took it.
   */
  async append(record: SpoolRecord): Promise<void> {
    while (!this.appendNow(record)) await this.whenWritable();
    await new Promise<void>((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  /** Resolves when a full buffer has room again. */
  async whenWritable(): Promise<void> {
    if (this.#pendingBytes <= MAX_PENDING_BYTES / 2) return;
    await new Promise<void>((resolve) => this.#writable.push(resolve));
  }

  /**
   * Closes the current segment when it holds anything, and begins the next with `firstRecord`.
   * @returns the number of the closed segment.
   */
  async rotate(lastRecord: SpoolRecord, firstRecord: SpoolRecord): Promise<number | undefined> {
    if (this.segmentBytes <= this.#emptyBytes) return undefined;
    const next = await SegmentFile.create(this.#folder, this.#lastSegment + 1);
    this.#lastSegment = next.segment;
    await this.append(lastRecord);
    // Between the end of one write and the start of the next, nothing else can touch the file.
    while (this.#writing) await this.#writing;
    const closed = this.#file;
    this.#file = next;
    this.#emptyBytes = HEADER_BYTES + recordBytes(firstRecord);
    await closed.close();
    await this.append(firstRecord);
    return closed.segment;
  }

  /** Writes what waits, unless the disk refuses, and closes. @returns the segment's number when it holds anything. */
  async close(): Promise<number | undefined> {
    this.#isClosing = true;
    await this.#writing;
    await this.#file.close();
    return this.#file.sizeBytes > this.#emptyBytes ? this.#file.segment : undefined;
  }

  async #writeAll(): Promise<void> {
    // Lets everything that arrives in this turn of the loop share one sync.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (this.#pendingBytes > 0) {
      const batch = this.#pending.subarray(0, this.#pendingBytes);
      const waiters = this.#waiters;
      this.#waiters = [];
      [this.#pending, this.#spare] = [this.#spare, this.#pending];
      this.#pendingBytes = 0;
      const refused = await this.#writeBatch(batch);
      for (const waiter of waiters) refused ? waiter.reject(refused) : waiter.resolve();
      for (const resolve of this.#writable.splice(0)) resolve();
      if (this.#isClosing && this.#isStopped) break;
    }
    this.#writing = undefined;
    if (this.#pendingBytes > 0 && !this.#isClosing) this.#writing = this.#writeAll();
  }

  /** Writes a batch however long the disk refuses; gives up only when the program ends. */
  async #writeBatch(batch: Buffer): Promise<LakeError | undefined> {
    let delayMs = FIRST_RETRY_MS;
    for (;;) {
      try {
        await this.#recreateIfDeleted();
        if (this.#isStopped) await this.#file.repair();
        await this.#file.append(batch);
        this.#tell('ok', '');
        return undefined;
      } catch (error) {
        this.#tell('stopped', messageOf(error));
        if (this.#isClosing) return refusedBy(error);
      }
      await sleep(delayMs);
      delayMs = Math.min(delayMs * 2, MAX_RETRY_MS);
    }
  }

  async #recreateIfDeleted(): Promise<void> {
    const nowMs = performance.now();
    if (nowMs - this.#checkedMs < DELETION_CHECK_MS && !this.#isStopped) return;
    this.#checkedMs = nowMs;
    await this.#file.recreateIfDeleted();
  }

  #tell(state: SpoolState['state'], reason: string): void {
    if (this.#isStopped === (state === 'stopped')) return;
    this.#isStopped = state === 'stopped';
    this.#onStateChange({ state, reason });
  }

  #reserve(length: number): void {
    const needed = this.#pendingBytes + length;
    if (needed <= this.#pending.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#pending.length * 2));
    this.#pending.copy(grown, 0, 0, this.#pendingBytes);
    this.#pending = grown;
  }
}

function refusedBy(cause: unknown): LakeError {
  return new LakeError('DISK_FULL', `the spool cannot be written: ${messageOf(cause)}`, {
    hint: 'make room on the disk of the lake; what was stored before is safe',
    cause,
  });
}
