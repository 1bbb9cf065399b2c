/** A lake out of a back-up, in a new place: never over one that is there. */
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from '../base/durable/sync-path.ts';
import { LakeError, systemCodeOf } from '../base/errors.ts';
import { isObjectStore, joinLocation } from '../base/location.ts';
import { openStore } from '../lake/open-store.ts';
import { type BackupSet, isStamp, type Manifest } from './backup-set.ts';
import { copyVersion } from './copy-version.ts';
import { openBackups } from './open-backups.ts';

export interface RestoreOptions {
  /** Where all back-ups are, or one of them: a folder, or `s3://BUCKET/PREFIX`. */
  readonly from: string;
  /** The time of one, as its folder is called; undefined for the newest. */
  readonly at: string | undefined;
  /** A folder that is not there yet or is empty, or a prefix under which nothing is. */
  readonly to: string;
  readonly signal: AbortSignal;
}

/** @throws LakeError USAGE, BACKUP_FAILED, STORE_…, DISK_FULL; then a new folder is not there. */
export async function restoreLake({ from, at, to, signal }: RestoreOptions): Promise<Manifest> {
  const { set, stamp } = await chosenBackup(from, at);
  const manifest = await set.readManifest(stamp);
  if (!(await isFree(to))) {
    throw new LakeError('USAGE', `\`${to}\` is there already: a lake is restored into a new place`, {
      hint: 'name another one with `--to`; move it into place when it is what you want',
    });
  }
  if (isObjectStore(to)) {
    await restoreTables(set, stamp, { manifest, to, signal });
    return manifest;
  }
  const partial = `${to}.${process.pid}.partial`;
  await mkdir(partial, { recursive: true });
  try {
    await restoreTables(set, stamp, { manifest, to: partial, signal });
    // An empty folder gives way.
    await rm(to, { recursive: true, force: true });
    await rename(partial, to);
    await syncFolder(dirname(to));
    return manifest;
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
}

async function restoreTables(
  set: BackupSet,
  stamp: string,
  { manifest, to, signal }: { manifest: Manifest; to: string; signal: AbortSignal },
): Promise<void> {
  for (const { name, version } of manifest.tables) {
    const store = await set.open(stamp, name);
    const target = { store: await openStore(joinLocation(to, name)) };
    const damaged = (what: string, cause?: unknown) =>
      new LakeError('BACKUP_FAILED', `\`${name}\` of the back-up of ${manifest.madeAt} is damaged: ${what}`, {
        hint: 'take an older one with `--at`',
        cause,
      });
    const copied = await copyVersion({ name, store, target, signal }).catch((error: unknown) => {
      throw isDamage(error) ? damaged(error.message, error) : error;
    });
    if (copied.version !== version) throw damaged(`it is version ${copied.version}`);
  }
}

function isDamage(error: unknown): error is LakeError {
  return error instanceof LakeError && /^(BACKUP_FAILED|TABLE_)/.test(error.code);
}

async function chosenBackup(
  from: string,
  at: string | undefined,
): Promise<{ readonly set: BackupSet; readonly stamp: string }> {
  const last = from.slice(from.lastIndexOf('/') + 1);
  if (at === undefined && isStamp(last))
    return { set: await openBackups(from.slice(0, -last.length - 1)), stamp: last };
  const set = await openBackups(from);
  const stamps = await set.list();
  // A folder of one that was moved has any name.
  const stamp = at ?? stamps.at(-1) ?? '';
  if (stamp === '' || stamps.includes(stamp)) return { set, stamp };
  throw new LakeError('USAGE', `there is no back-up \`${stamp.slice(0, 60)}\` in ${from}`, {
    hint: stamps.length > 0 ? `there are ${stamps.slice(-5).join(', ')}` : 'it has none',
  });
}

async function isFree(place: string): Promise<boolean> {
  if (isObjectStore(place)) return !(await (await import('../lake/list-s3-tables.ts')).hasObjects(place));
  try {
    return (await readdir(place)).length === 0;
  } catch (error) {
    return systemCodeOf(error) === 'ENOENT';
  }
}
