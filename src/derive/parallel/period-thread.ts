/** This side of the second thread, which makes periods while this one makes others: one after the other, as they are asked for. */
import { Worker } from 'node:worker_threads';
import type { ErrorCode } from '../../base/error-codes.ts';
import { LakeError } from '../../base/errors.ts';
import type { WrittenPartition } from '../output/partition-writer.ts';
import type { HandedBars } from './handed-bars.ts';
import type { PeriodAnswer, PeriodQuestion, PeriodRequest } from './period-request.ts';

interface Waiting {
  resolve(written: WrittenPartition): void;
  reject(error: Error): void;
}

export class PeriodThread {
  readonly #worker: Worker;
  readonly #ended: Promise<void>;
  readonly #waiting: Waiting[] = [];
  #failure: Error | undefined;

  constructor(request: PeriodRequest) {
    this.#worker = new Worker(new URL('./period-worker.js', import.meta.url), { workerData: request });
    this.#worker.on('message', (answer: PeriodAnswer) => this.#answered(answer));
    this.#worker.on('error', (error) => this.#fail(error));
    this.#ended = new Promise((resolve) => this.#worker.on('exit', () => resolve()));
    void this.#ended.then(() => this.#fail(new LakeError('INTERNAL', 'the second thread of `derive` ended')));
  }

  /**
   * @param nextUs the period that is likely to be asked for next.
   * @param bars what need not be read; they are gone here.
   * @throws LakeError
   */
  derive(
    periodUs: number,
    nextUs: number | undefined,
    bars: readonly HandedBars[] = [],
  ): Promise<WrittenPartition> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      this.#waiting.push({ resolve, reject });
      const memory = bars.map(({ cells }) => cells.buffer as ArrayBuffer);
      this.#worker.postMessage({ periodUs, nextUs, bars } satisfies PeriodQuestion, memory);
    });
  }

  /** Ends it, in the middle of its work where it has some: what it wrote is in no table then. */
  async close(): Promise<void> {
    if (this.#waiting.length === 0) this.#worker.postMessage(null satisfies PeriodQuestion);
    else await this.#worker.terminate();
    await this.#ended;
  }

  #answered({ written, error }: PeriodAnswer): void {
    const waiting = this.#waiting.shift();
    if (written !== undefined) waiting?.resolve(written);
    else {
      const { code = 'INTERNAL', message = 'no answer', hint } = error ?? {};
      waiting?.reject(new LakeError(code as ErrorCode, message, hint === undefined ? {} : { hint }));
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
