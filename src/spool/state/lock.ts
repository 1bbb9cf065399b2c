/**
 * One collector a source and lake: a file that names its holder. A dead process cannot keep it: the process id counts
 * only together with the process's start time and the machine's boot, so neither a reboot nor a reused id confuses it.
 */
import { link, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { refusal } from '../../base/disk-errors.ts';
import { writeSynced } from '../../base/durable/write-synced.ts';
import { LakeError, systemCodeOf } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import { HEARTBEAT_MS, isAlive, type LockHolder, ourselves, readHolder } from './lock-holder.ts';

export interface LockOptions {
  readonly purpose: string;
  /** How long to queue behind another holder. */
  readonly waitMs: number;
}

export interface Lock {
  /** Aborted, with LAKE_LOCKED as its reason, when we were taken for dead and another process holds the lock now. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

const POLL_MS = 100;
/** What a taker that died left beside the lock is swept when it is this old. */
const LITTER_AGE_MS = 60_000;
const RETRIED: ReadonlySet<string> = new Set(['EEXIST', 'ENOENT']);

/** @throws LakeError LAKE_LOCKED naming the holder, within 6 s beyond `waitMs`; LAKE_UNWRITABLE, DISK_FULL. */
export async function acquireLock(folder: string, { purpose, waitMs }: LockOptions): Promise<Lock> {
  const path = join(folder, 'lock');
  const mine = ourselves(purpose);
  const deadline = performance.now() + waitMs;
  for (;;) {
    const holder = await take(path, mine).catch((error: unknown) => {
      throw refusal(error);
    });
    if (holder === undefined) {
      await sweep(path).catch(() => undefined);
      return hold(path, mine);
    }
    if (performance.now() >= deadline) throw locked(holder, folder);
    await sleep(POLL_MS);
  }
}

/**
 * Puts our name at `path`, where there is none or a dead holder's.
 *
 * A dead holder's file is replaced by whoever holds a second lock, made for this one replacement: its name has the id
 * of the dead. So of several takers one replaces, and a taker that was slow finds another id at `path` and starts
 * over. That second lock is taken in the same way, so that it outlives the death of its own holder.
 *
 * @returns undefined when the lock is ours, else who lives and holds it.
 */
async function take(path: string, mine: LockHolder): Promise<LockHolder | 'damaged' | undefined> {
  for (;;) {
    const holder = await readHolder(path);
    if (holder === 'none') {
      if (await putIfAbsent(path, mine)) return undefined;
      continue;
    }
    if (await isAlive(holder, path)) return holder;
    const deadId = idOf(holder);
    const guard = `${path}.${deadId}`;
    const rival = await take(guard, mine);
    if (rival !== undefined) return rival;
    try {
      const now = await readHolder(path);
      if (now === 'none' || idOf(now) !== deadId) continue;
      await writeOver(path, mine);
      return undefined;
    } finally {
      await rm(guard, { force: true });
    }
  }
}

function idOf(holder: LockHolder | 'damaged'): string {
  return holder === 'damaged' ? holder : holder.id.replaceAll(/[^0-9a-f]/g, '').slice(0, 12);
}

async function putIfAbsent(path: string, mine: LockHolder): Promise<boolean> {
  return withTemporary(path, mine, async (temporary) => {
    try {
      await link(temporary, path);
      return true;
    } catch (error) {
      // Somebody was first; or somebody whose clock was set forward took ours for litter.
      if (RETRIED.has(systemCodeOf(error) ?? '')) return false;
      throw error;
    }
  });
}

async function writeOver(path: string, mine: LockHolder): Promise<void> {
  await withTemporary(path, mine, (temporary) => rename(temporary, path));
}

/** Whoever sees a lock sees all of it. */
async function withTemporary<T>(
  path: string,
  mine: LockHolder,
  use: (temporary: string) => Promise<T>,
): Promise<T> {
  const temporary = `${path}.${mine.id}.tmp`;
  await writeSynced(temporary, `${JSON.stringify(mine)}\n`);
  try {
    return await use(temporary);
  } finally {
    await rm(temporary, { force: true });
  }
}

function hold(path: string, mine: LockHolder): Lock {
  let beating: Promise<void> | undefined;
  const lost = new AbortController();
  const heartbeat = setInterval(() => {
    // One at a time: behind a disk that does not answer they would pile up.
    beating ??= beat(path, mine)
      .then((rival) => {
        if (rival !== undefined) lost.abort(locked(rival, dirname(path)));
      })
      .catch(() => undefined)
      .finally(() => {
        beating = undefined;
      });
  }, HEARTBEAT_MS);
  heartbeat.unref();
  return {
    lost: lost.signal,
    async release() {
      clearInterval(heartbeat);
      await beating;
      if (await isOurs(path, mine)) await rm(path, { force: true });
    },
  };
}

/** Shows that we live; comes back when someone deleted the file. @returns who holds the lock instead of us. */
async function beat(path: string, mine: LockHolder): Promise<LockHolder | undefined> {
  const holder = await readHolder(path);
  if (typeof holder === 'object' && holder.id !== mine.id) return holder;
  if (holder === 'none') {
    await putIfAbsent(path, mine);
  } else {
    const now = new Date();
    await utimes(path, now, now);
  }
  return undefined;
}

async function isOurs(path: string, mine: LockHolder): Promise<boolean> {
  const holder = await readHolder(path);
  return typeof holder === 'object' && holder.id === mine.id;
}

async function sweep(path: string): Promise<void> {
  const folder = dirname(path);
  for (const name of await readdir(folder)) {
    if (!name.startsWith('lock.')) continue;
    const { mtimeMs } = await stat(join(folder, name));
    if (Date.now() - mtimeMs > LITTER_AGE_MS) await rm(join(folder, name), { force: true });
  }
}

function locked(holder: LockHolder | 'damaged', folder: string): LakeError {
  const who =
    holder === 'damaged'
      ? 'another process'
      : `process ${holder.pid} on ${printable(holder.host, 100)} (${printable(holder.purpose, 100)}, since ${printable(holder.since, 40)})`;
  return new LakeError('LAKE_LOCKED', `this lake is already collected by ${who}`, {
    hint: `stop that process first, or choose another lake with \`--lake\`; the lock is in ${folder}`,
  });
}
