/**
 * One source while it collects: its lock, its spool, and the line of closed segments on their way into the tables.
 * What arrives is in the spool before anything else happens to it; tables may fail for hours without losing a frame.
 */
import { mkdir, rename, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { LakeError, messageOf, systemCodeOf } from '../errors.ts';
import { unwritableLake } from '../spool/disk-refusal.ts';
import { appIdOf, type Identity, openIdentity } from '../spool/identity.ts';
import { acquireLock, type Lock } from '../spool/lock.ts';
import { machineId } from '../spool/machine-id.ts';
import type { SpoolEvent, SpoolRecord } from '../spool/record.ts';
import { segmentPath } from '../spool/segment-file.ts';
import { Spool } from '../spool/spool.ts';
import { writeStatus } from '../spool/status-file.ts';
import type { CollectorStatus } from './collector-status.ts';
import type { Ingest, IngestReport, IngestTarget } from './ingest-job.ts';
import { RecoveryProgress } from './recovery-progress.ts';
import { type Source, spoolFolder } from './source.ts';

export interface SourceCollectorOptions {
  readonly lake: string;
  readonly source: Source;
  readonly ingest: Ingest;
  readonly clock: Clock;
  readonly log: Logger;
  readonly flushMs: number;
  readonly duplicateWindowMs: number;
  /** How long to queue behind another holder of the source (`once`); 0 refuses at once. */
  readonly lockWaitMs: number;
  /** What the heartbeat file tells. */
  readonly status: CollectorStatus;
  readonly onStored?: (report: IngestReport) => void;
  /** What the next segment has to know of the time before it. */
  readonly carry: () => Omit<Extract<SpoolEvent, { type: 'segment_opened' }>, 'type'>;
}

/** A segment is closed at this size, whatever its age: it bounds the memory of the storing thread. */
const MAX_SEGMENT_BYTES = 16 * 2 ** 20;
const FLUSH_CHECK_MS = 100;
const HEARTBEAT_MS = 5000;
const MAX_RETRY_DELAY_MS = 30_000;

export class SourceCollector {
  readonly #options: SourceCollectorOptions;
  readonly #lock: Lock;
  readonly #spool: Spool;
  readonly #identity: Identity;
  readonly #closed: number[];
  readonly #recovery: RecoveryProgress;
  #storing: Promise<void> | undefined;
  #rotating: Promise<void> | undefined;
  #retry = new AbortController();
  readonly #flushTimer: NodeJS.Timeout;
  readonly #heartbeatTimer: NodeJS.Timeout;
  #openedMs: number;
  #ending = false;
  #isOver = false;
  /** The message of the last failure to store, so that one trouble is told once. */
  #trouble: string | undefined;

  /** @throws LakeError LAKE_LOCKED, LAKE_UNWRITABLE. */
  static async open(options: SourceCollectorOptions): Promise<SourceCollector> {
    const { lake, source, log, ingest } = options;
    const folder = spoolFolder(lake, source);
    await mkdir(folder, { recursive: true }).catch((error: unknown) => {
      throw unwritableLake(lake, error);
    });
    const lock = await acquireLock(folder, { purpose: `crypto-lake ${source}`, waitMs: options.lockWaitMs });
    try {
      const identity = await openIdentity(folder, source, machineId());
      const floorSegment = await openTables(ingest, targetOf(options, identity.appId), log);
      const spool = await Spool.open({
        folder,
        floorSegment,
        onStateChange: (change) => {
          if (change.state === 'ok') log.info({ source }, 'the spool can be written again');
          else log.error({ source }, `the spool cannot be written: ${change.reason}`);
        },
      });
      return new SourceCollector(options, lock, spool, identity);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  private constructor(options: SourceCollectorOptions, lock: Lock, spool: Spool, identity: Identity) {
    this.#options = options;
    this.#lock = lock;
    this.#spool = spool;
    this.#identity = identity;
    this.#closed = [...spool.leftover];
    this.#recovery = new RecoveryProgress({ ...options, segments: this.#closed.length });
    this.#openedMs = options.clock.monotonicMs();
    this.#flushTimer = setInterval(() => this.#rotateWhenDue(), FLUSH_CHECK_MS);
    this.#heartbeatTimer = setInterval(() => void this.#heartbeat(), HEARTBEAT_MS);
    void this.#heartbeat();
    this.#startStoring();
  }

  /** Takes a record without waiting; false when the spool's buffer is full: pause the socket until `whenWritable`. */
  record(record: SpoolRecord): boolean {
    return this.#spool.appendNow(record);
  }

  whenWritable(): Promise<void> {
    return this.#spool.whenWritable();
  }

  /** Takes something that the program itself noticed; when even the room for events is full, as soon as there is some. */
  event(connection: string, event: SpoolEvent): void {
    const record = eventRecord(connection, event, this.#options.clock.nowUs());
    if (!this.#spool.appendNow(record)) this.#spool.append(record).catch(() => undefined);
  }

  /** Resolves when the record is on the disk. */
  append(record: SpoolRecord): Promise<void> {
    return this.#spool.append(record);
  }

  /** Segments closed and not yet in the tables. */
  get backlog(): number {
    return this.#closed.length;
  }

  /** Milliseconds until the open segment is closed by age. */
  get nextFlushMs(): number {
    return Math.max(0, this.#openedMs + this.#options.flushMs - this.#options.clock.monotonicMs());
  }

  /**
   * Closes the open segment and stores all there is, for at most `deadlineMs`; what is left stays in the spool for
   * the next start. Then gives the source free.
   *
   * @returns how many segments are left.
   */
  async close(deadlineMs: number): Promise<number> {
    clearInterval(this.#flushTimer);
    clearInterval(this.#heartbeatTimer);
    const last = await this.#spool.close(); // Ends a rotation that waits for a disk, too.
    await this.#rotating;
    if (last !== undefined) this.#closed.push(last);
    this.#ending = true;
    this.#retry.abort();
    const deadline = new AbortController();
    const timeUp = sleep(deadlineMs, undefined, { signal: deadline.signal }).catch(() => undefined);
    await Promise.race([timeUp, this.#storeAll()]);
    deadline.abort();
    // What is still being stored is nobody's concern any more.
    this.#isOver = true;
    await this.#heartbeat('stopped');
    await this.#lock.release();
    return this.#closed.length;
  }

  async #storeAll(): Promise<void> {
    await this.#storing;
    this.#startStoring();
    await this.#storing;
  }

  async #heartbeat(state = this.#options.status.state): Promise<void> {
    const {
      lake,
      source,
      status: { frames, rows },
    } = this.#options;
    const now = {
      at: new Date().toISOString(),
      pid: process.pid,
      state,
      frames,
      rows,
      backlog: this.backlog,
    };
    // A heartbeat that cannot be written shows by its age.
    await writeStatus(spoolFolder(lake, source), now).catch(() => undefined);
  }

  #rotateWhenDue(): void {
    Object.assign(this.#options.status, {
      backlog: this.backlog,
      nextFlushMs: this.nextFlushMs,
      recovery: this.#recovery.state,
    });
    if (this.#rotating) return;
    const { clock, flushMs } = this.#options;
    const due =
      clock.monotonicMs() - this.#openedMs >= flushMs || this.#spool.segmentBytes >= MAX_SEGMENT_BYTES;
    if (!due) return;
    this.#openedMs = clock.monotonicMs();
    this.#rotating = this.#rotate().finally(() => {
      this.#rotating = undefined;
    });
  }

  async #rotate(): Promise<void> {
    const { clock, carry } = this.#options;
    try {
      const closed = await this.#spool.rotate(
        eventRecord('', { type: 'segment_closed' }, clock.nowUs()),
        eventRecord('', { type: 'segment_opened', ...carry() }, clock.nowUs()),
      );
      if (closed === undefined) return;
      this.#closed.push(closed);
      this.#startStoring();
    } catch {
      // The disk refuses, and the spool has said so: the segment goes on.
    }
  }

  #startStoring(): void {
    this.#storing ??= this.#storeClosed().finally(() => {
      this.#storing = undefined;
      if (this.#closed.length > 0 && !this.#ending) this.#startStoring();
    });
  }

  /** Stores closed segments in order; a failure waits and tries the same one again, for ever unless we are ending. */
  async #storeClosed(): Promise<void> {
    let delayMs = 500;
    for (;;) {
      const segment = this.#closed[0];
      if (segment === undefined) return;
      try {
        // Another name than ours, when the spool was copied from another machine.
        const target = targetOf(this.#options, appIdOf(this.#identity, segment));
        const report = await this.#options.ingest.store(target, segment);
        this.#closed.shift();
        this.#recovery.oneStored();
        delayMs = 500;
        this.#tellRecovered();
        this.#options.onStored?.(report);
      } catch (error) {
        if (await this.#setAside(segment, error)) continue;
        this.#tellTrouble(error);
        if (this.#ending) return;
        await sleep(delayMs, undefined, { signal: this.#retry.signal }).catch(() => undefined);
        delayMs = Math.min(delayMs * 2, MAX_RETRY_DELAY_MS);
      }
    }
  }

  /** A segment that is gone, or is none at all, must not hold up those behind it. */
  async #setAside(segment: number, error: unknown): Promise<boolean> {
    const { lake, source, log } = this.#options;
    const path = segmentPath(spoolFolder(lake, source), segment);
    const isGone = await stat(path).then(
      () => false,
      (reason: unknown) => systemCodeOf(reason) === 'ENOENT',
    );
    const isNone = error instanceof LakeError && error.code === 'SPOOL_DAMAGED';
    if (!isGone && !isNone) return false;
    if (isNone) await rename(path, `${path}.damaged`).catch(() => undefined);
    log.error({ source, segment }, `a segment was lost: ${isGone ? 'its file is gone' : messageOf(error)}`);
    this.#closed.shift();
    this.#recovery.oneStored();
    return true;
  }

  #tellTrouble(error: unknown): void {
    const message = messageOf(error);
    const { log, source } = this.#options;
    if (message === this.#trouble || this.#isOver) return;
    this.#trouble = message;
    const hint = error instanceof LakeError ? error.hint : undefined;
    log.error({ source, hint }, `storing failed, capture goes on in the spool: ${message}`);
  }

  #tellRecovered(): void {
    if (this.#trouble === undefined) return;
    this.#trouble = undefined;
    this.#options.log.info({ source: this.#options.source }, 'storing works again');
  }
}

function targetOf({ lake, source, duplicateWindowMs }: SourceCollectorOptions, appId: string): IngestTarget {
  return { lake, source, appId, duplicateWindowMs };
}

async function openTables(ingest: Ingest, target: IngestTarget, log: Logger): Promise<number> {
  try {
    return await ingest.open(target);
  } catch (error) {
    if (error instanceof LakeError && (error.code === 'TABLE_UNSUPPORTED' || error.code === 'TABLE_SCHEMA'))
      throw error;
    log.error(
      { source: target.source },
      `a table cannot be opened, capture goes on in the spool: ${messageOf(error)}`,
    );
    return 0;
  }
}

function eventRecord(connection: string, event: SpoolEvent, receivedAtUs: number): SpoolRecord {
  return { kind: 'event', receivedAtUs, connection, payload: Buffer.from(JSON.stringify(event)) };
}
