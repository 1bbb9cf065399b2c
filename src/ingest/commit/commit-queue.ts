/**
 * The line of closed segments on their way into the tables, oldest first. Tables may fail for hours: it tries the same
 * segment again and again, and says so once.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { BackOff } from '../../base/back-off.ts';
import type { Clock } from '../../base/clock.ts';
import type { ErrorCode } from '../../base/error-codes.ts';
import { LakeError, messageOf } from '../../base/errors.ts';
import { type AsideReason, setAside } from '../../spool/segments/set-aside.ts';
import type { IngestReport } from './ingest-job.ts';
import { RecoveryProgress } from './recovery-progress.ts';

export interface CommitQueueOptions {
  /** The source's part of the spool. */
  readonly folder: string;
  readonly source: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Segments that an earlier run left. */
  readonly leftover: readonly number[];
  readonly store: (segment: number) => Promise<IngestReport>;
  readonly onStored?: (report: IngestReport) => void;
}

const FIRST_RETRY_DELAY_MS = 500;
const MAX_RETRY_DELAY_MS = 30_000;

/** Errors that will not go away, and what becomes of a file that is there all the same. */
const SKIPPED: Readonly<Partial<Record<ErrorCode, AsideReason | 'gone'>>> = {
  SPOOL_MISSING: 'gone',
  SPOOL_DAMAGED: 'damaged',
  SPOOL_SUPERSEDED: 'superseded',
};

export class CommitQueue {
  readonly #options: CommitQueueOptions;
  readonly #segments: number[];
  readonly #recovery: RecoveryProgress;
  #storing: Promise<void> | undefined;
  readonly #retry = new AbortController();
  #isOver = false;
  #waitingSinceUs: number | undefined;
  /** The message of the last failure to store, so that one trouble is reported once. */
  #trouble: string | undefined;

  constructor(options: CommitQueueOptions) {
    this.#options = options;
    this.#segments = [...options.leftover];
    this.#recovery = new RecoveryProgress({ ...options, segments: this.#segments.length });
    this.#progressed();
    this.#start();
  }

  /** Segments closed and not yet in the tables. */
  get length(): number {
    return this.#segments.length;
  }

  get recovery(): RecoveryProgress['state'] {
    return this.#recovery.state;
  }

  /** Since when segments wait and none was stored, in microseconds since the epoch; undefined when none waits. */
  get waitingSinceUs(): number | undefined {
    return this.#waitingSinceUs;
  }

  add(segment: number): void {
    this.#segments.push(segment);
    if (this.#segments.length === 1) this.#progressed();
    this.#start();
  }

  /** Tries once more to store all there is, for at most `deadlineMs`. What is left is nobody's concern any more. */
  async end(deadlineMs: number): Promise<void> {
    this.#retry.abort();
    const deadline = new AbortController();
    const timeUp = sleep(deadlineMs, undefined, { signal: deadline.signal }).catch(() => undefined);
    await Promise.race([timeUp, this.#storeRest()]);
    deadline.abort();
    this.#isOver = true;
  }

  async #storeRest(): Promise<void> {
    await this.#storing;
    this.#start();
    await this.#storing;
  }

  #start(): void {
    this.#storing ??= this.#storeAll().finally(() => {
      this.#storing = undefined;
      if (this.#segments.length > 0 && !this.#retry.signal.aborted) this.#start();
    });
  }

  async #storeAll(): Promise<void> {
    const backOff = new BackOff(FIRST_RETRY_DELAY_MS, MAX_RETRY_DELAY_MS);
    for (;;) {
      const segment = this.#segments[0];
      if (segment === undefined) return;
      try {
        const report = await this.#options.store(segment);
        this.#next();
        backOff.reset();
        this.#reportRecovered();
        this.#options.onStored?.(report);
      } catch (error) {
        if (await this.#skip(segment, error)) continue;
        this.#reportTrouble(error);
        if (this.#retry.signal.aborted) return;
        await sleep(backOff.nextMs(), undefined, { signal: this.#retry.signal }).catch(() => undefined);
      }
    }
  }

  #next(): void {
    this.#segments.shift();
    this.#recovery.oneStored();
    this.#progressed();
  }

  #progressed(): void {
    this.#waitingSinceUs = this.#segments.length > 0 ? this.#options.clock.nowUs() : undefined;
  }

  /** A segment that is gone, or is none at all, must not hold up those behind it. */
  async #skip(segment: number, error: unknown): Promise<boolean> {
    if (!(error instanceof LakeError)) return false;
    const reason = SKIPPED[error.code];
    if (reason === undefined) return false;
    const { source, folder, log } = this.#options;
    try {
      if (reason !== 'gone') await setAside(folder, segment, reason);
    } catch {
      return false;
    }
    log.error({ source, segment, hint: error.hint }, `a segment is skipped: ${error.message}`);
    this.#next();
    return true;
  }

  #reportTrouble(error: unknown): void {
    const message = messageOf(error);
    const { log, source } = this.#options;
    if (message === this.#trouble || this.#isOver) return;
    this.#trouble = message;
    const { code, hint } = error instanceof LakeError ? error : {};
    log.error({ source, code, hint }, `storing failed, capture goes on in the spool: ${message}`);
  }

  #reportRecovered(): void {
    if (this.#trouble === undefined) return;
    this.#trouble = undefined;
    this.#options.log.info({ source: this.#options.source }, 'storing works again');
  }
}
