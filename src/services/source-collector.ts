/**
 * One source while it collects: its lock, its spool, and the line of closed segments on their way into the tables.
 * What arrives is in the spool before anything else happens to it; tables may fail for hours without losing a frame.
 */
import { mkdir } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { Clock } from '../base/clock.ts';
import { unwritableLake } from '../base/disk-errors.ts';
import { LakeError, messageOf } from '../base/errors.ts';
import { CommitQueue } from '../ingest/commit/commit-queue.ts';
import type { Ingest, IngestReport, IngestTarget } from '../ingest/commit/ingest-job.ts';
import type { SpoolEvent, SpoolRecord } from '../spool/segments/record.ts';
import { Spool } from '../spool/segments/spool.ts';
import { appIdOf, type Identity, openIdentity } from '../spool/state/identity.ts';
import { acquireLock, type Lock } from '../spool/state/lock.ts';
import { machineId } from '../spool/state/machine-id.ts';
import { writeStatus } from '../spool/state/status-file.ts';
import type { CollectorStatus } from './collector-status.ts';
import { type Source, spoolFolder } from './source.ts';

export interface SourceCollectorOptions {
  readonly lake: string;
  /** The folder of all spools of the lake, on this machine. */
  readonly spool: string;
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

export class SourceCollector {
  readonly #options: SourceCollectorOptions;
  readonly #lock: Lock;
  readonly #spool: Spool;
  readonly #line: CommitQueue;
  #rotating: Promise<void> | undefined;
  #beating: Promise<void> | undefined;
  readonly #flushTimer: NodeJS.Timeout;
  readonly #heartbeatTimer: NodeJS.Timeout;
  #openedMs: number;
  #failedRotations = 0;

  /** @throws LakeError LAKE_LOCKED, LAKE_UNWRITABLE. */
  static async open(options: SourceCollectorOptions): Promise<SourceCollector> {
    const { lake, spool: root, source, log, ingest } = options;
    const folder = spoolFolder(root, source);
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
    this.#line = new CommitQueue({
      ...options,
      leftover: spool.leftover,
      // Another name than ours, when the spool was copied from another machine.
      store: (segment, passedOver) =>
        options.ingest.store(targetOf(options, appIdOf(identity, segment)), segment, passedOver),
    });
    this.#openedMs = options.clock.monotonicMs();
    this.#flushTimer = setInterval(() => this.#rotateWhenDue(), FLUSH_CHECK_MS);
    this.#heartbeatTimer = setInterval(() => this.#heartbeat(), HEARTBEAT_MS);
    this.#heartbeat();
  }

  /** Aborted when another process collects the source now: its line stores what is in the spool. */
  get lost(): AbortSignal {
    return this.#lock.lost;
  }

  /** Takes a record without waiting; false when the spool's buffer is full now: pause the socket until `whenWritable`. */
  record(record: SpoolRecord): boolean {
    return this.#spool.appendNow(record);
  }

  whenWritable(): Promise<void> {
    return this.#spool.whenWritable();
  }

  /** Takes something that the program itself noticed. */
  event(connection: string, event: SpoolEvent): void {
    this.#spool.appendNow(eventRecord(connection, event, this.#options.clock.nowUs()));
  }

  /** Resolves when the record is on the disk. */
  append(record: SpoolRecord): Promise<void> {
    return this.#spool.append(record);
  }

  /** Segments closed and not yet in the tables. */
  get backlog(): number {
    return this.#line.length;
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
    if (last !== undefined) this.#line.add(last);
    await this.#line.end(this.lost.aborted ? 0 : deadlineMs);
    await this.#beating;
    if (!this.lost.aborted) await this.#beat('stopped');
    await this.#lock.release();
    return this.backlog;
  }

  /** One at a time: two would tear the file, or the last one would not be the newest. */
  #heartbeat(): void {
    this.#beating ??= this.#beat(this.#options.status.state).finally(() => {
      this.#beating = undefined;
    });
  }

  async #beat(state: string): Promise<void> {
    const { spool, source, status, clock } = this.#options;
    const { waitingSinceUs } = this.#line;
    const now = {
      at: isoTime(clock.nowUs()),
      pid: process.pid,
      state,
      frames: status.frames,
      rows: status.rows,
      backlog: this.backlog,
      ...(waitingSinceUs === undefined ? {} : { waitingSince: isoTime(waitingSinceUs) }),
    };
    // A heartbeat that cannot be written shows by its age.
    await writeStatus(spoolFolder(spool, source), now).catch(() => undefined);
  }

  #rotateWhenDue(): void {
    Object.assign(this.#options.status, {
      backlog: this.backlog,
      nextFlushMs: this.nextFlushMs,
      recovery: this.#line.recovery,
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
    const { clock, carry, log, source } = this.#options;
    try {
      const closed = await this.#spool.rotate(() => [
        eventRecord('', { type: 'segment_closed' }, clock.nowUs()),
        eventRecord('', { type: 'segment_opened', ...carry() }, clock.nowUs()),
      ]);
      if (closed !== undefined) this.#line.add(closed);
      this.#failedRotations = 0;
    } catch (error) {
      // The segment goes on. A disk that refuses everything is told by the spool, mostly in a moment.
      if (++this.#failedRotations === 2 && !this.#spool.isStopped)
        log.error({ source }, `no segment can be begun, nothing new is stored: ${messageOf(error)}`);
    }
  }
}

function targetOf(
  { lake, spool, source, duplicateWindowMs }: SourceCollectorOptions,
  appId: string,
): IngestTarget {
  return { lake, spool, source, appId, duplicateWindowMs };
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

function isoTime(us: number): string {
  return new Date(us / 1000).toISOString();
}
