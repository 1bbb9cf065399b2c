/** Records that become durable together, encoded as they come into one growing buffer: no object a record. */
import type { SpoolRecord } from './record.ts';
import { encodedLength, encodeRecordInto } from './record-codec.ts';

interface Waiter {
  resolve(): void;
  reject(error: Error): void;
}

const FIRST_BYTES = 64 * 1024;

export class Batch {
  length = 0;
  #buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #waiters: Waiter[] = [];

  get capacity(): number {
    return this.#buffer.length;
  }

  /** The encoded records: a view that the next `clear` makes worthless. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.length);
  }

  /** @returns the bytes that the record takes. */
  add(record: SpoolRecord, marker: Buffer): number {
    const added = encodedLength(record);
    this.#reserve(this.length + added);
    this.length = encodeRecordInto(this.#buffer, this.length, record, marker);
    return added;
  }

  /** Settles when all that is in the batch is durable, or never will be. */
  durable(): Promise<void> {
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  settle(refused: Error | undefined): void {
    for (const waiter of this.#waiters) refused ? waiter.reject(refused) : waiter.resolve();
    this.#waiters = [];
  }

  clear(): void {
    this.length = 0;
  }

  #reserve(needed: number): void {
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.length);
    this.#buffer = grown;
  }
}
