/** Makes a task of the lake ours: on this machine by a lock, and among all machines of an object store by a lease. */
import { isObjectStore } from '../base/location.ts';
import { acquireLock } from '../spool/state/lock.ts';
import { machineId } from '../spool/state/machine-id.ts';

export interface HoldTaskOptions {
  readonly lake: string;
  /** Where the lock lies, on this machine. */
  readonly folder: string;
  readonly task: 'upkeep' | 'derive';
  readonly waitMs: number;
}

/** @throws LakeError LAKE_LOCKED naming the holder, LAKE_UNWRITABLE, STORE_…. */
export async function holdTask({ lake, folder, task, waitMs }: HoldTaskOptions) {
  const lock = await acquireLock(folder, { purpose: task, waitMs });
  if (!isObjectStore(lake)) return lock;
  try {
    const { acquireLease } = await import('../lake/lease.ts');
    const lease = await acquireLease(lake, { name: task, holder: `${machineId()}:${folder}`, waitMs });
    return { release: () => lease.release().finally(() => lock.release()) };
  } catch (error) {
    await lock.release();
    throw error;
  }
}
