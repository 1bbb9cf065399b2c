/**
 * Sessions for the SQL of users. Each is of one question, as its sandbox is; but the next one is started while nobody
 * waits for it. Few work at a time, since each may take all the memory that is allowed.
 */
import { LakeError } from '../base/errors.ts';
import { isObjectStore } from '../base/location.ts';
import { LakeSession } from '../query/session/lake-session.ts';

export interface SqlSessionsOptions {
  readonly memoryBytes: number;
  readonly lake: string;
}

const AT_A_TIME = 2;
const MAX_WAITING = 50;

export class SqlSessions {
  readonly #options: SqlSessionsOptions;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #next: Promise<LakeSession> | undefined;
  readonly #closing = new Set<Promise<void>>();
  #isClosed = false;

  constructor(options: SqlSessionsOptions) {
    this.#options = options;
  }

  /**
   * @param work gets a session of its own, which is closed when it has answered: that keeps the event loop for
   *   milliseconds, for which nobody should wait.
   * @throws LakeError SERVER_BUSY when too many wait already, or when the signal ends the wait.
   */
  async use<T>(signal: AbortSignal, work: (session: Promise<LakeSession>) => Promise<T>): Promise<T> {
    await this.#turn(signal);
    const session = this.#next ?? this.#start();
    this.#next = undefined;
    try {
      return await work(session);
    } finally {
      const closing = this.#end(session).finally(() => this.#closing.delete(closing));
      this.#closing.add(closing);
    }
  }

  get load(): { readonly running: number; readonly waiting: number } {
    return { running: this.#running, waiting: this.#waiting.length };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const next = this.#next;
    this.#next = undefined;
    await Promise.all([next && closed(next), ...this.#closing]);
  }

  /** Its memory is free before the next one takes as much. */
  async #end(session: Promise<LakeSession>): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    await closed(session);
    this.#running--;
    this.#waiting.shift()?.();
    if (!this.#isClosed) this.#next ??= this.#start();
  }

  async #turn(signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#isClosed || this.#waiting.length >= MAX_WAITING) throw busy();
    while (this.#running >= AT_A_TIME) {
      await new Promise<void>((resolve, reject) => {
        const take = () => {
          signal.removeEventListener('abort', leave);
          resolve();
        };
        const leave = () => {
          this.#waiting.splice(this.#waiting.indexOf(take), 1);
          reject(busy());
        };
        signal.addEventListener('abort', leave, { once: true });
        this.#waiting.push(take);
      });
    }
    this.#running++;
  }

  #start(): Promise<LakeSession> {
    const { lake, memoryBytes } = this.#options;
    const isRemote = isObjectStore(lake);
    const started = LakeSession.start(memoryBytes, isRemote ? [] : [lake]).then(async (session) => {
      // A copy of what the system has in its cache anyway.
      if (!isRemote) await session.connection.run('SET enable_external_file_cache = false');
      return session;
    });
    // Whoever takes it hears of the failure.
    started.catch(() => undefined);
    return started;
  }
}

/** What failed to start has nothing to close; what cannot be removed is left to the next start, which cleans up. */
async function closed(session: Promise<LakeSession>): Promise<void> {
  await session.then((started) => started.close()).catch(() => undefined);
}

function busy(): LakeError {
  return new LakeError('SERVER_BUSY', 'too many SQL queries run already', { hint: 'ask again in a second' });
}
