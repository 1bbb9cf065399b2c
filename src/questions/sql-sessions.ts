/**
 * Sessions for the SQL of users. To start and to close one costs more than most questions do: one that has answered is
 * kept for the next question about the same files, which is all that its sandbox lets it read, and the next one is
 * started while nobody waits for it. Few work at a time, since each may take all the memory that is allowed.
 */
import { LakeError } from '../base/errors.ts';
import { isObjectStore } from '../base/location.ts';
import { LakeSession } from '../query/session/lake-session.ts';
import { OtherFilesError } from '../query/session/other-files-error.ts';

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
  #kept: Promise<LakeSession> | undefined;
  readonly #ending = new Set<Promise<void>>();
  #isClosed = false;

  constructor(options: SqlSessionsOptions) {
    this.#options = options;
  }

  /**
   * @param work gets a session in which nothing is shown; it may be called twice, when the first cannot answer.
   * @throws LakeError SERVER_BUSY when too many wait already, or when the signal ends the wait.
   */
  async use<T>(signal: AbortSignal, work: (session: Promise<LakeSession>) => Promise<T>): Promise<T> {
    await this.#turn(signal);
    let session = this.#take();
    try {
      const answer = await work(session).catch((error: unknown) => {
        if (!(error instanceof OtherFilesError)) throw error;
        session = this.#takeFresh();
        return work(session);
      });
      this.#end(session, true);
      return answer;
    } catch (error) {
      this.#end(session, false);
      throw error;
    }
  }

  get load(): { readonly running: number; readonly waiting: number } {
    return { running: this.#running, waiting: this.#waiting.length };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const idle = [this.#kept, this.#next];
    this.#kept = this.#next = undefined;
    await Promise.all([...idle.map((session) => session && closed(session)), ...this.#ending]);
  }

  #take(): Promise<LakeSession> {
    const kept = this.#kept;
    this.#kept = undefined;
    return kept ?? this.#takeFresh();
  }

  #takeFresh(): Promise<LakeSession> {
    const next = this.#next ?? this.#start();
    this.#next = undefined;
    return next;
  }

  #end(session: Promise<LakeSession>, hasAnswered: boolean): void {
    const ending = this.#keepOrClose(session, hasAnswered).finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  /** To close it keeps the event loop for milliseconds, for which nobody should wait; but its memory is free before the next one takes as much. */
  async #keepOrClose(session: Promise<LakeSession>, hasAnswered: boolean): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    // Access to an object store is for a time.
    const mayBeKept = hasAnswered && !isObjectStore(this.#options.lake) && (await (await session).clear());
    if (mayBeKept && this.#kept === undefined && !this.#isClosed) this.#kept = session;
    else await closed(session);
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
