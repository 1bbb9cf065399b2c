/** Who holds a lock, as its file says, and whether that can still be so. */
import { randomUUID } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { machineId } from './machine-id.ts';
import { bootId, pidNamespace, processStart } from './process-start.ts';

export interface LockHolder {
  /** Names this holding of the lock, and no other ever. */
  readonly id: string;
  readonly pid: number;
  readonly processStart: string;
  readonly pidNamespace: string;
  readonly bootId: string;
  readonly machine: string;
  readonly host: string;
  /** ISO time in UTC. */
  readonly since: string;
  readonly purpose: string;
}

/** How often a holder touches its file. */
export const HEARTBEAT_MS = 2000;
/** So long without a heartbeat on the same machine, and the holder is dead. */
const SILENT_MS = 5000;
/** The same for a holder on another machine: its clock and its view of the folder may differ from ours. */
const FOREIGN_SILENT_MS = 60_000;
const POLL_MS = 200;

export function ourselves(purpose: string): LockHolder {
  return {
    id: randomUUID(),
    pid: process.pid,
    processStart: processStart(process.pid) ?? '',
    pidNamespace: pidNamespace(),
    bootId: bootId(),
    machine: machineId(),
    host: hostname(),
    since: new Date().toISOString(),
    purpose,
  };
}

/** What a lock file says: `damaged` when it says nothing that we understand, `none` when it is not there. */
export type LockContent = LockHolder | 'damaged' | 'none';

export async function readHolder(path: string): Promise<LockContent> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return 'none';
  }
  try {
    const value = JSON.parse(text) as Partial<Record<keyof LockHolder, unknown>> | null;
    const isWhole =
      typeof value?.pid === 'number' &&
      [value.id, value.processStart, value.pidNamespace, value.bootId, value.machine, value.host].every(
        isText,
      ) &&
      [value.since, value.purpose].every(isText);
    return isWhole ? (value as unknown as LockHolder) : 'damaged';
  } catch {
    return 'damaged';
  }
}

/** Whether the holder lives. Takes up to 5 s where only its heartbeat can tell. */
export async function isAlive(holder: LockHolder | 'damaged', path: string): Promise<boolean> {
  if (holder === 'damaged') return hasHeartbeat(path);
  const boot = bootId();
  if (boot !== '' && holder.bootId === boot)
    return holder.pidNamespace === pidNamespace() ? isRunning(holder) : hasHeartbeat(path);
  const isOurMachine = holder.host === hostname() && holder.machine === machineId();
  if (!isOurMachine) return Date.now() - (await heartbeatMs(path)) < FOREIGN_SILENT_MS;
  const hasRebooted = boot !== '' && holder.bootId !== '';
  return !hasRebooted && isRunning(holder);
}

function isRunning({ pid, processStart: began }: LockHolder): boolean {
  const start = processStart(pid);
  return start !== undefined && (start === '' || began === '' || start === began);
}

async function hasHeartbeat(path: string): Promise<boolean> {
  const firstMs = await heartbeatMs(path);
  for (const startMs = performance.now(); performance.now() - startMs < SILENT_MS; ) {
    await sleep(POLL_MS);
    const beatMs = await heartbeatMs(path);
    if (beatMs !== firstMs) return beatMs !== 0;
  }
  return false;
}

async function heartbeatMs(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
