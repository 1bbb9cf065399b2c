/** The collecting thread's side of the storing thread. A worker that dies rejects what it had in hand and is replaced. */
import { Worker } from 'node:worker_threads';
import type { ErrorCode } from '../error-codes.ts';
import { LakeError } from '../errors.ts';
import type { Ingest, IngestReport, IngestTarget } from './ingest-job.ts';
import type { WorkerAnswer, WorkerRequest } from './ingest-worker.ts';

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

export class IngestThread implements Ingest {
  #worker: Worker | undefined;
  #nextId = 1;
  #isClosed = false;
  readonly #waiting = new Map<number, Waiting>();

  open(target: IngestTarget): Promise<number> {
    return this.#ask(target, 0) as Promise<number>;
  }

  store(target: IngestTarget, segment: number): Promise<IngestReport> {
    return this.#ask(target, segment) as Promise<IngestReport>;
  }

  /** Whatever is asked from now on is refused: a new worker would keep the process alive. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const worker = this.#worker;
    if (worker === undefined) return;
    this.#fail(worker, closed());
    await worker.terminate();
  }

  #ask(target: IngestTarget, segment: number): Promise<unknown> {
    if (this.#isClosed) return Promise.reject(closed());
    const worker = this.#liveWorker();
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      worker.postMessage({ id, target, segment } satisfies WorkerRequest);
    });
  }

  #liveWorker(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL('./ingest-worker.js', import.meta.url));
    worker.on('message', ({ id, result, error }: WorkerAnswer) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error)
        waiting?.reject(
          new LakeError(error.code as ErrorCode, error.message, error.hint ? { hint: error.hint } : {}),
        );
      else waiting?.resolve(result);
    });
    worker.on('error', (error) => this.#fail(worker, error));
    worker.on('exit', () =>
      this.#fail(worker, new LakeError('INTERNAL', 'the storing thread ended unexpectedly')),
    );
    this.#worker = worker;
    return worker;
  }

  #fail(worker: Worker, error: Error): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }
}

function closed(): LakeError {
  return new LakeError('INTERNAL', 'the storing thread was closed');
}
