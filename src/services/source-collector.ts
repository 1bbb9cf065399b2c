/**
 * One source while it collects: its lock, its spool, and the line of closed segments on their way into the tables.
 * What arrives is in the spool before anything else happens to it; tables may fail for hours without losing a frame.
 */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import type { Logger } from 'pino';
import { unwritableLake } from '../base/disk-errors.ts';
import { LakeError, messageOf } from '../base/errors.ts';
import { CommitQueue } from '../ingest/commit/commit-queue.ts';
import type { IngestReport, IngestTarget } from '../ingest/commit/ingest-job.ts';
import { away } from '../lake/away.ts';
import type { SpoolEvent, SpoolRecord } from '../spool/segments/record.ts';
import { Spool } from '../spool/segments/spool.ts';
import { appIdOf, type Identity, renewIdentity } from '../spool/state/identity.ts';
import type { Lock } from '../spool/state/lock.ts';
import { spoolFolder } from '../spool/state/spool-folder.ts';
import type { CollectorOptions } from './collector-options.ts';
import type { CollectorStatus } from './collector-status.ts';
import { Heartbeat } from './heartbeat.ts';
import { holdSource } from './hold-source.ts';
import { machineName } from './machine-name.ts';

export interface SourceCollectorOptions extends Omit<CollectorOptions, 'network'> {
  /** How long to queue behind another holder of the source (`once`); 0 refuses at once. */
  readonly lockWaitMs: number;
  /** What the heartbeat file says. */
  readonly status: CollectorStatus;
  /** A segment is closed, and stored next: it has what was received before `cutUs`. */
  readonly onClosed?: (segment: number, cutUs: number) => void;
  readonly onStored?: (report: IngestReport) => void;
  /** The source is ours: what needs no spool yet may begin. */
  readonly onHeld?: () => void;
  /** What the next segment has to know of the time before it. */
  readonly carry: () => Omit<Extract<SpoolEvent, { type: 'segment_opened' }>, 'type'>;
}

/** A segment is closed at this size, whatever its age: it bounds the memory of the storing thread. */
const MAX_SEGMENT_BYTES = 12 * 2 ** 20;
/** No new start and no wait makes the tables take our rows. */
const UNFIT: ReadonlySet<string> = new Set(['TABLE_UNSUPPORTED', 'TABLE_SCHEMA']);
const FLUSH_CHECK_MS = 100;
/** Spool folders that this process had, and lakes with the tables of a source: what is gone of them is not begun anew. */
const known = new Set<string>();

export class SourceCollector {
  readonly #options: SourceCollectorOptions;
  readonly #lock: Lock;
  readonly #spool: Spool;
  readonly #folder: string;
  readonly #queue: CommitQueue;
  readonly #fatal = new AbortController();
  readonly #ended: AbortSignal;
  /** The name under which segments are stored; undefined while the tables cannot be asked. */
  #opening: Promise<Identity | undefined>;
  #rotating: Promise<void> | undefined;
  readonly #flushTimer: NodeJS.Timeout;
  readonly #heartbeat: Heartbeat;
  #openedMs: number;
  #failedRotations = 0;
  /** Why the tables could not be opened. */
  #trouble: unknown;

  /**
   * Resolves as soon as records are taken. The tables are opened meanwhile, in the thread that stores.
   * @throws LakeError LAKE_LOCKED, LAKE_UNWRITABLE.
   */
  static async open(options: SourceCollectorOptions): Promise<SourceCollector> {
    const { lake, spool: root, source, log } = options;
    const folder = spoolFolder(root, source.id);
    if (known.has(folder) && !existsSync(folder)) throw away(folder);
    await mkdir(folder, { recursive: true }).catch((error: unknown) => {
      throw unwritableLake(lake, error);
    });
    const { lock, identity } = await holdSource({
      lake,
      folder,
      source: source.id,
      isShared: options.isShared === true,
      waitMs: options.lockWaitMs,
    });
    known.add(folder);
    try {
      options.onHeld?.();
      const spool = await Spool.open({
        folder,
        floorSegment: 0,
        onStateChange: (change) => {
          if (change.state === 'ok') log.info({ source: source.id }, 'the spool can be written again');
          else log.error({ source: source.id }, `the spool cannot be written: ${change.reason}`);
        },
      });
      return new SourceCollector(options, folder, lock, spool, identity);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  private constructor(
    options: SourceCollectorOptions,
    folder: string,
    lock: Lock,
    spool: Spool,
    identity: Identity,
  ) {
    this.#options = options;
    this.#folder = folder;
    this.#lock = lock;
    this.#spool = spool;
    this.#ended = AbortSignal.any([lock.lost, this.#fatal.signal]);
    this.#openedMs = options.clock.monotonicMs();
    this.#opening = this.#openTables(identity);
    this.#queue = new CommitQueue({
      ...options,
      source: options.source.id,
      folder,
      leftover: spool.leftover,
      store: (segment) => this.#store(segment, identity),
    });
    this.#flushTimer = setInterval(() => this.#rotateWhenDue(), FLUSH_CHECK_MS);
    this.#heartbeat = new Heartbeat({ ...options, folder, queue: this.#queue });
  }

  /**
   * Aborted when collecting makes no sense any more: another process collects the source now and stores what is in the
   * spool, or the tables cannot take its rows (LakeError TABLE_UNSUPPORTED, TABLE_SCHEMA).
   */
  get ended(): AbortSignal {
    return this.#ended;
  }

  /** Resolves when the tables were opened, or could not be for now. */
  async whenOpened(): Promise<void> {
    await this.#opening;
    this.#fatal.signal.throwIfAborted();
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
    return this.#queue.length;
  }

  /** Milliseconds until the open segment is closed by age. */
  get nextFlushMs(): number {
    return Math.max(0, this.#openedMs + this.#options.flushMs - this.#options.clock.monotonicMs());
  }

  /**
   * Closes the open segment and stores all there is, for at most `deadlineMs`; what is left stays in the spool for
   * the next start. Then releases the lock, whatever else fails.
   *
   * @returns how many segments are left.
   */
  async close(deadlineMs: number): Promise<number> {
    clearInterval(this.#flushTimer);
    this.#heartbeat.stop();
    try {
      const last = await this.#spool.close(); // Ends a rotation that waits for a disk, too.
      await this.#rotating;
      if (last !== undefined) this.#queue.add(last);
    } finally {
      await this.#queue.end(this.ended.aborted ? 0 : deadlineMs);
      await this.#heartbeat.end(!this.#lock.lost.aborted);
      await this.#lock.release();
    }
    return this.backlog;
  }

  async #store(segment: number, first: Identity): Promise<IngestReport> {
    // Where the tables could not be asked at the start: a number that they know already would be taken for stored.
    let identity = await this.#opening;
    if (identity === undefined) {
      this.#opening = this.#openTables(first);
      identity = await this.#opening;
    }
    if (identity === undefined)
      throw this.#trouble ?? new LakeError('INTERNAL', 'the tables were not opened');
    return this.#options.ingest.store(targetOf(this.#options, appIdOf(identity, segment)), segment);
  }

  /** @returns under which name segments are stored: another one when the tables know our numbers already. */
  async #openTables(identity: Identity): Promise<Identity | undefined> {
    const { ingest, log, source } = this.#options;
    const { firstSegment } = this.#spool;
    try {
      const lastStored = await ingest.open(targetOf(this.#options, identity.appId));
      known.add(tablesKey(this.#options));
      if (lastStored < firstSegment) return identity;
      log.warn({ source: source.id }, 'the tables know later segments than the spool: it is an older copy');
      return await renewIdentity(this.#folder, source.id, identity, firstSegment);
    } catch (error) {
      if (error instanceof LakeError && UNFIT.has(error.code)) this.#fatal.abort(error);
      else this.#reportUnopened(error, log);
      return undefined;
    }
  }

  #reportUnopened(error: unknown, log: Logger): void {
    const isNew = this.#trouble === undefined;
    this.#trouble = error;
    if (!isNew) return;
    const message = `a table cannot be opened, capture goes on in the spool: ${messageOf(error)}`;
    log.error({ source: this.#options.source.id }, message);
  }

  #rotateWhenDue(): void {
    Object.assign(this.#options.status, {
      backlog: this.backlog,
      nextFlushMs: this.nextFlushMs,
      recovery: this.#queue.recovery,
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
    const { clock, carry, log, source, onClosed } = this.#options;
    try {
      let cutUs = 0;
      const closed = await this.#spool.rotate(() => {
        cutUs = clock.nowUs();
        return [
          eventRecord('', { type: 'segment_closed' }, cutUs),
          eventRecord('', { type: 'segment_opened', ...carry() }, cutUs),
        ];
      });
      if (closed !== undefined) {
        onClosed?.(closed, cutUs);
        this.#queue.add(closed);
      }
      this.#failedRotations = 0;
    } catch (error) {
      // The segment goes on. A disk that refuses everything is reported by the spool, mostly in a moment.
      if (++this.#failedRotations === 2 && !this.#spool.isStopped) {
        const { code, hint } = error instanceof LakeError ? error : {};
        const message = `no segment can be begun, nothing new is stored: ${messageOf(error)}`;
        log.error({ source: source.id, code, hint }, message);
      }
    }
  }
}

function targetOf(options: SourceCollectorOptions, appId: string): IngestTarget {
  const { lake, spool, source, duplicateWindowMs, isShared } = options;
  const isKnown = known.has(tablesKey(options));
  const machine = isShared === true ? machineName(appId) : undefined;
  return { lake, spool, source: source.id, appId, duplicateWindowMs, isKnown, machine };
}

function tablesKey({ lake, source }: SourceCollectorOptions): string {
  return `${source.id}\n${lake}`;
}

function eventRecord(connection: string, event: SpoolEvent, receivedAtUs: number): SpoolRecord {
  return { kind: 'event', receivedAtUs, connection, payload: Buffer.from(JSON.stringify(event)) };
}
