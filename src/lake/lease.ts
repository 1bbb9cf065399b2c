/**
 * One holder of a task on all machines that share a lake on an object store: a source without `--shared`, upkeep. A lease
 * is a numbered object; who writes the next number by a conditional PUT holds it, and everyone sees that the one before
 * is over. It keeps work from being done twice; what is stored stays exact without it, by `txn` and conditional commits.
 */
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { LakeError } from '../base/errors.ts';
import { printable } from '../base/printable.ts';
import type { TableStore } from '../delta/store/table-store.ts';
import { openS3Store } from './open-s3-store.ts';

export interface LeaseOptions {
  /** Of the task: a source, `upkeep`. */
  readonly name: string;
  /** What is one holder through all its restarts, and has a lock on its own machine: the `appId` of a source. */
  readonly holder: string;
  readonly waitMs: number;
}

export interface Lease {
  /** Aborted, with LAKE_LOCKED as its reason, when another machine holds the lease now. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

interface Holder {
  readonly holder: string;
  readonly host: string;
  readonly pid: number;
  readonly isReleased?: boolean;
}

const RENEW_MS = 20_000;
/** Three renewals were missed. */
const EXPIRED_MS = 60_000;
const POLL_MS = 1000;
const ANSWER_MS = 5000;
/** Nobody stands still for so long and then goes on. */
const SWEPT_MS = 86_400_000;
/** What is done in runs, and not by collecting. */
const TASKS: ReadonlySet<string> = new Set(['upkeep', 'derive']);
/** It is away, or its keys are: they may be renewed. */
const AWAY: ReadonlySet<string> = new Set(['STORE_UNREACHABLE', 'STORE_REFUSED']);

/** @throws LakeError LAKE_LOCKED naming the holder, STORE_UNSAFE; a store that is away, or refuses, is waited for meanwhile. */
export async function acquireLease(
  lake: string,
  options: LeaseOptions,
  open: (location: string) => TableStore | Promise<TableStore> = openS3Store,
): Promise<Lease> {
  const store = await open(`${lake}/_leases/${options.name}`);
  const deadline = performance.now() + options.waitMs;
  for (;;) {
    try {
      const holder = await answered(take(store, options.holder));
      // What is received is kept in the spool: a store that is away must not keep a collector from beginning.
      if (holder === undefined) return new HeldLease(store, options.holder, undefined);
      if (typeof holder === 'number') return new HeldLease(store, options.holder, holder);
      if (performance.now() >= deadline) throw locked(lake, options.name, holder);
    } catch (error) {
      if (!(error instanceof LakeError) || !AWAY.has(error.code)) throw error;
      return new HeldLease(store, options.holder, undefined);
    }
    await sleep(POLL_MS);
  }
}

/** @returns undefined when the store takes its time; an open request keeps the process alive, and no timer does. */
function answered<T>(asked: Promise<T>): Promise<T | undefined> {
  return Promise.race([asked, sleep(ANSWER_MS, undefined, { ref: false })]);
}

/** @returns our number, or who holds the lease. */
async function take(store: TableStore, holder: string): Promise<number | Holder> {
  for (;;) {
    const entries = await store.list('');
    const newest = entries.at(-1);
    const now = newest === undefined ? undefined : await readHolder(store, newest.name);
    if (newest !== undefined && now !== undefined) {
      const isOurs = now.holder === holder;
      if (!isOurs && now.isReleased !== true && (await ageMs(store, newest.modifiedMs)) < EXPIRED_MS)
        return now;
    }
    const number = newest === undefined ? 1 : Number(newest.name.split('.')[0]) + 1;
    if ((await store.putIfAbsent(nameOf(number), holderText(holder))) === 'exists') continue;
    for (const { name, modifiedMs } of entries)
      if (Date.now() - modifiedMs > SWEPT_MS) await store.delete(name);
    return number;
  }
}

/** By the store's clock alone: the time of an object that is written now. */
async function ageMs(store: TableStore, modifiedMs: number): Promise<number> {
  await store.put('.now', Buffer.from('now'));
  const now = (await store.list('', { from: '.now' })).find(({ name }) => name === '.now');
  return now === undefined ? 0 : now.modifiedMs - modifiedMs;
}

async function readHolder(store: TableStore, name: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(Buffer.from((await store.read(name)) ?? []).toString()) as Holder;
  } catch {
    return undefined;
  }
}

function holderText(holder: string, isReleased = false): Buffer {
  const text: Holder = { holder, host: hostname(), pid: process.pid, isReleased };
  return Buffer.from(`${JSON.stringify(text)}\n`);
}

function nameOf(number: number): string {
  return `${String(number).padStart(20, '0')}.json`;
}

class HeldLease implements Lease {
  readonly #store: TableStore;
  readonly #holder: string;
  readonly #lost = new AbortController();
  readonly #timer: NodeJS.Timeout;
  /** Undefined until the store can be reached. */
  #number: number | undefined;
  #renewing: Promise<void> | undefined;

  constructor(store: TableStore, holder: string, number: number | undefined) {
    this.#store = store;
    this.#holder = holder;
    this.#number = number;
    this.#timer = setInterval(() => {
      this.#renewing ??= this.#renew()
        .catch(() => undefined)
        .finally(() => {
          this.#renewing = undefined;
        });
    }, RENEW_MS);
    this.#timer.unref();
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async release(): Promise<void> {
    clearInterval(this.#timer);
    // Another machine takes it over a minute later where this fails, or the store does not answer.
    await answered(this.#tellReleased()).catch(() => undefined);
  }

  async #tellReleased(): Promise<void> {
    await this.#renewing;
    if (this.#number === undefined || this.#lost.signal.aborted) return;
    await this.#store.put(nameOf(this.#number), holderText(this.#holder, true));
  }

  async #renew(): Promise<void> {
    if (this.#number === undefined) {
      const taken = await take(this.#store, this.#holder);
      if (typeof taken === 'number') this.#number = taken;
      else this.#end(taken);
      return;
    }
    const next = await readHolder(this.#store, nameOf(this.#number + 1));
    if (next !== undefined) this.#end(next);
    else await this.#store.put(nameOf(this.#number), holderText(this.#holder));
  }

  #end(holder: Holder): void {
    clearInterval(this.#timer);
    const place = this.#store.location;
    this.#lost.abort(
      locked(place.slice(0, place.lastIndexOf('/_leases/')), place.split('/').at(-1) ?? '', holder),
    );
  }
}

function locked(lake: string, name: string, { host, pid }: Holder): LakeError {
  const who = `${printable(String(host), 60)} (process ${Number(pid)})`;
  return new LakeError(
    'LAKE_LOCKED',
    `\`${name}\` of the lake \`${lake}\` is held by ${who} on another machine`,
    {
      hint: TASKS.has(name)
        ? 'it is tried again later; a minute after that machine went away it is free'
        : 'stop it there, or collect on both with `--shared`; a minute after that machine went away it is free',
    },
  );
}
