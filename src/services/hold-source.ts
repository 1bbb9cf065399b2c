/** Makes a source ours: on this machine by a lock, and among all machines of a lake on an object store by a lease. */
import { isObjectStore } from '../base/location.ts';
import { type Identity, openIdentity } from '../spool/state/identity.ts';
import { acquireLock, type Lock } from '../spool/state/lock.ts';
import { machineId } from '../spool/state/machine-id.ts';

export interface HoldSourceOptions {
  readonly lake: string;
  /** The source's spool folder. */
  readonly folder: string;
  readonly source: string;
  /** Other machines may collect it, too. */
  readonly isShared: boolean;
  /** How long to queue behind another holder. */
  readonly waitMs: number;
}

export interface HeldSource {
  readonly lock: Lock;
  readonly identity: Identity;
}

/** @throws LakeError LAKE_LOCKED naming the holder, LAKE_UNWRITABLE, DISK_FULL, STORE_…. */
export async function holdSource(options: HoldSourceOptions): Promise<HeldSource> {
  const { lake, folder, source, isShared, waitMs } = options;
  const lock = await acquireLock(folder, { purpose: `crypto-lake ${source}`, waitMs });
  try {
    const identity = await openIdentity(folder, source, machineId());
    if (isShared || !isObjectStore(lake)) return { lock, identity };
    const { acquireLease } = await import('../lake/lease.ts');
    const lease = await acquireLease(lake, { name: source, holder: identity.appId, waitMs });
    const release = () => lease.release().finally(() => lock.release());
    return { lock: { lost: AbortSignal.any([lock.lost, lease.lost]), release }, identity };
  } catch (error) {
    await lock.release();
    throw error;
  }
}
