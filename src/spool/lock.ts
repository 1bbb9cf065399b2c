/**
 * One collector a source and lake: a file that names its holder. A dead process cannot keep it: the process id counts
 * only together with the process's start time and the machine's boot, so neither a reboot nor a reused id confuses it.
 */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LakeError, systemCodeOf } from '../errors.ts';
import { printable } from '../printable.ts';

export interface LockHolder {
  readonly id: string;
  readonly pid: number;
  /** When the process began, as the machine tells it. */
  readonly processStart: string;
  readonly bootId: string;
  readonly host: string;
  /** ISO time in UTC. */
  readonly since: string;
  readonly purpose: string;
}

export interface LockOptions {
  readonly purpose: string;
  /** How long to queue behind another holder. */
  readonly waitMs: number;
}

export interface Lock {
  release(): Promise<void>;
}

const HEARTBEAT_MS = 5000;
/** A holder on another host shows its life only by its heartbeat. */
const FOREIGN_STALE_MS = 60_000;
const POLL_MS = 100;

/** @throws LakeError LAKE_LOCKED naming the holder. */
export async function acquireLock(folder: string, { purpose, waitMs }: LockOptions): Promise<Lock> {
  const path = join(folder, 'lock');
  const deadline = performance.now() + waitMs;
  for (;;) {
    const holder = await tryAcquire(path, purpose);
    if (holder.kind === 'acquired') return holder.lock;
    if (performance.now() >= deadline) throw locked(holder.by, folder);
    await sleep(POLL_MS);
  }
}

type Attempt =
  | { readonly kind: 'acquired'; readonly lock: Lock }
  | { readonly kind: 'held'; readonly by: LockHolder | undefined };

async function tryAcquire(path: string, purpose: string): Promise<Attempt> {
  const mine: LockHolder = {
    id: randomUUID(),
    pid: process.pid,
    processStart: processStart(process.pid) ?? '',
    bootId: bootId(),
    host: hostname(),
    since: new Date().toISOString(),
    purpose,
  };
  const temporary = `${path}.${mine.id}.tmp`;
  await writeFile(temporary, `${JSON.stringify(mine)}\n`);
  try {
    await link(temporary, path);
    return { kind: 'acquired', lock: hold(path, mine.id) };
  } catch (error) {
    if (systemCodeOf(error) !== 'EEXIST') throw error;
  } finally {
    await rm(temporary, { force: true });
  }
  const holder = await readHolder(path);
  if (holder !== undefined && (await isAlive(holder, path))) return { kind: 'held', by: holder };
  await removeStale(path, holder?.id);
  return { kind: 'held', by: holder };
}

/** Takes a dead holder's file away; of several who try, a live holder's file survives. */
async function removeStale(path: string, id: string | undefined): Promise<void> {
  const aside = `${path}.${randomUUID()}.stale`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return;
    throw error;
  }
  const moved = await readHolder(aside);
  // Someone was faster, and this is the new holder's file: put it back.
  if (moved !== undefined && moved.id !== id) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

function hold(path: string, id: string): Lock {
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, HEARTBEAT_MS);
  heartbeat.unref();
  return {
    async release() {
      clearInterval(heartbeat);
      if ((await readHolder(path))?.id === id) await rm(path, { force: true });
    },
  };
}

async function readHolder(path: string): Promise<LockHolder | undefined> {
  try {
    const value = JSON.parse(await readFile(path, 'utf8')) as Partial<LockHolder> | null;
    return typeof value?.pid === 'number' && typeof value.id === 'string' ? (value as LockHolder) : undefined;
  } catch {
    return undefined;
  }
}

async function isAlive(holder: LockHolder, path: string): Promise<boolean> {
  if (holder.host !== hostname()) {
    const heartbeatMs = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    );
    return Date.now() - heartbeatMs < FOREIGN_STALE_MS;
  }
  if (holder.bootId !== bootId()) return false;
  const start = processStart(holder.pid);
  return start !== undefined && (holder.processStart === '' || start === holder.processStart);
}

/** When a process began; undefined when there is none. */
function processStart(pid: number): string | undefined {
  if (process.platform === 'linux') {
    try {
      const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // The name in parentheses may hold anything; field 22 counts from behind it. A zombie holds nothing.
      const fields = status.slice(status.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' ? undefined : fields[19];
    } catch {
      return undefined;
    }
  }
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (systemCodeOf(error) !== 'EPERM') return undefined;
  }
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return '';
  }
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}

function locked(holder: LockHolder | undefined, folder: string): LakeError {
  const who = holder
    ? `process ${holder.pid} on ${printable(holder.host, 100)} (${printable(holder.purpose, 100)}, since ${printable(holder.since, 40)})`
    : 'another process';
  return new LakeError('LAKE_LOCKED', `this lake is already collected by ${who}`, {
    hint: `stop that process first, or choose another lake with \`--lake\`; the lock is in ${folder}`,
  });
}
