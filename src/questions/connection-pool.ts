/** A few connections, and a bounded line of those that wait for one. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { LakeError } from '../base/errors.ts';

const MAX_WAITING = 500;

interface Waiter {
  readonly take: (connection: DuckDBConnection) => void;
  readonly refuse: (error: Error) => void;
}

export class ConnectionPool {
  readonly #all: readonly DuckDBConnection[];
  readonly #free: DuckDBConnection[];
  readonly #waiters = new Set<Waiter>();
  #isClosed = false;

  constructor(connections: readonly DuckDBConnection[]) {
    this.#all = connections;
    this.#free = [...connections];
  }

  get running(): number {
    return this.#all.length - this.#free.length;
  }

  get waiting(): number {
    return this.#waiters.size;
  }

  /** @throws LakeError SERVER_BUSY when the line is full, or the signal ends the wait. */
  async use<T>(signal: AbortSignal, work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const connection = await this.#acquire(signal);
    try {
      return await work(connection);
    } finally {
      this.#release(connection);
    }
  }

  /** Ends what runs, and the connections when they are back. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { refuse } of this.#waiters) refuse(busy('the server stops'));
    this.#waiters.clear();
    for (const connection of this.#all) connection.interrupt();
    while (this.running > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    for (const connection of this.#all) connection.closeSync();
  }

  #acquire(signal: AbortSignal): Promise<DuckDBConnection> {
    if (signal.aborted) return Promise.reject(busy('the query waited too long for its turn'));
    if (this.#isClosed) return Promise.reject(busy('the server stops'));
    const connection = this.#free.pop();
    if (connection) return Promise.resolve(connection);
    if (this.#waiters.size >= MAX_WAITING) return Promise.reject(busy('too many queries wait already'));
    return new Promise((resolve, reject) => {
      const onAbort = () => waiter.refuse(busy('the query waited too long for its turn'));
      const waiter: Waiter = {
        take: (free) => {
          signal.removeEventListener('abort', onAbort);
          resolve(free);
        },
        refuse: (error) => {
          signal.removeEventListener('abort', onAbort);
          this.#waiters.delete(waiter);
          reject(error);
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiters.add(waiter);
    });
  }

  #release(connection: DuckDBConnection): void {
    const [next] = this.#waiters;
    if (next === undefined) {
      this.#free.push(connection);
      return;
    }
    this.#waiters.delete(next);
    next.take(connection);
  }
}

function busy(why: string): LakeError {
  return new LakeError('SERVER_BUSY', why, { hint: 'ask again in a second' });
}
