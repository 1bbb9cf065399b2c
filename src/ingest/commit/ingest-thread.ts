/**
 * The collecting thread's side of the storing thread. A worker that dies, or that has work in hand and answers nothing
 * for minutes, rejects what it had and is replaced. What a replaced one had committed the tables' `txn` knows. One that
 * hangs in a call of the system (a disk that does not answer) cannot be ended before that returns: only then comes its
 * successor, since two writers would take the memory of two, and until then the process cannot exit by itself either.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { durationText } from '../../base/duration.ts';
import type { ErrorCode } from '../../base/error-codes.ts';
import { LakeError } from '../../base/errors.ts';
import type { Ingest, IngestReport, IngestTarget } from './ingest-job.ts';
import type { WorkerAnswer, WorkerRequest } from './ingest-worker.ts';

export interface IngestThreadOptions {
  /** How long a worker with work in hand may answer nothing. */
  readonly stallMs?: number;
  /** The worker's module; a test passes one that hangs. */
  readonly module?: URL;
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** A segment takes well under a second; a disk that hangs may come back within minutes. */
const STALL_MS = 5 * 60_000;
/** What ends at all ends within this. */
const CLOSE_MS = 5000;
/** What a segment leaves on the heap is short-lived: by itself V8 would let its young generation swell to 48 MiB. */
const YOUNG_MIB = 12;

export class IngestThread implements Ingest {
  readonly #stallMs: number;
  readonly #module: URL;
  #worker: Worker | undefined;
  /** The end of a worker that was given up. */
  #leaving: Promise<unknown> | undefined;
  #nextId = 1;
  #isClosed = false;
  #isStalled = false;
  #watch: NodeJS.Timeout | undefined;
  readonly #waiting = new Map<number, Waiting>();

  constructor({ stallMs = STALL_MS, module }: IngestThreadOptions = {}) {
    this.#stallMs = stallMs;
    this.#module = module ?? new URL('./ingest-worker.js', import.meta.url);
  }

  /** It fell silent with work in hand, and nothing was answered since. */
  get isStalled(): boolean {
    return this.#isStalled;
  }

  open(target: IngestTarget): Promise<number> {
    return this.#ask(target, 0) as Promise<number>;
  }

  store(target: IngestTarget, segment: number): Promise<IngestReport> {
    return this.#ask(target, segment) as Promise<IngestReport>;
  }

  /**
   * Ends the worker. Whatever is asked from now on is refused: a new worker would keep the process alive.
   *
   * @returns false when it hangs in a call of the system; the process can then only be killed.
   */
  async close(): Promise<boolean> {
    this.#isClosed = true;
    const worker = this.#worker;
    if (worker !== undefined) this.#giveUp(worker, closed());
    const ended = Promise.resolve(this.#leaving).then(() => true);
    return Promise.race([ended, sleep(CLOSE_MS, false, { ref: false })]);
  }

  async #ask(target: IngestTarget, segment: number): Promise<unknown> {
    await this.#leaving;
    if (this.#isClosed) throw closed();
    const worker = this.#liveWorker();
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#watch ??= setTimeout(() => this.#stalled(worker), this.#stallMs);
      worker.postMessage({ id, target, segment } satisfies WorkerRequest);
    });
  }

  #liveWorker(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(this.#module, { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB } });
    worker.on('message', (answer: WorkerAnswer) => {
      if (worker === this.#worker) this.#answered(answer);
    });
    worker.on('error', (error) => this.#giveUp(worker, error));
    worker.on('exit', () =>
      this.#giveUp(worker, new LakeError('INTERNAL', 'the storing thread ended unexpectedly')),
    );
    this.#worker = worker;
    return worker;
  }

  #answered({ id, result, error }: WorkerAnswer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    this.#isStalled = false;
    if (this.#waiting.size > 0) this.#watch?.refresh();
    else this.#unwatch();
    if (error)
      waiting?.reject(
        new LakeError(error.code as ErrorCode, error.message, error.hint ? { hint: error.hint } : {}),
      );
    else waiting?.resolve(result);
  }

  #stalled(worker: Worker): void {
    this.#isStalled = true;
    this.#giveUp(
      worker,
      new LakeError('INTERNAL', `the storing thread answered nothing for ${durationText(this.#stallMs)}`, {
        hint: 'it is replaced; if that comes again, look at the disk of the lake',
      }),
    );
  }

  #giveUp(worker: Worker, error: Error): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    this.#unwatch();
    this.#leaving = worker.terminate();
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }

  #unwatch(): void {
    clearTimeout(this.#watch);
    this.#watch = undefined;
  }
}

function closed(): LakeError {
  return new LakeError('INTERNAL', 'the storing thread was closed');
}
