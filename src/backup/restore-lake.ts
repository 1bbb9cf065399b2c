/** A lake out of a back-up, in a new folder: never over one that is there. */
import { cp, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncFolder } from '../base/durable/sync-path.ts';
import { LakeError, systemCodeOf } from '../base/errors.ts';
import { DeltaTable } from '../delta/delta-table.ts';
import { openStore } from '../lake/open-store.ts';
import { PARQUET_CHECKPOINTS } from '../parquet/parquet-checkpoints.ts';
import { verifyTable } from '../query/verify/verify-table.ts';
import { listBackups, type Manifest, readManifest } from './backup-set.ts';

export interface RestoreOptions {
  /** The folder of all back-ups, or one of them. */
  readonly from: string;
  /** The time of one, as its folder is called; undefined for the newest. */
  readonly at: string | undefined;
  /** A folder that is not there yet, or is empty. */
  readonly to: string;
  readonly signal: AbortSignal;
}

/** @throws LakeError USAGE, BACKUP_FAILED, DISK_FULL; then the new folder is not there. */
export async function restoreLake({ from, at, to, signal }: RestoreOptions): Promise<Manifest> {
  const backup = await chosenBackup(from, at);
  const manifest = await readManifest(backup);
  if (!(await isFree(to))) {
    throw new LakeError('USAGE', `\`${to}\` is there already: a lake is restored into a new folder`, {
      hint: 'name another folder with `--to`; move it into place when it is what you want',
    });
  }
  const partial = `${to}.${process.pid}.partial`;
  await mkdir(dirname(to), { recursive: true });
  try {
    for (const { name, version } of manifest.tables) {
      signal.throwIfAborted();
      await cp(join(backup, name), join(partial, name), { recursive: true, preserveTimestamps: true });
      const table = await DeltaTable.open(await openStore(join(partial, name)), {
        checkpoints: PARQUET_CHECKPOINTS,
      });
      const [damage] = (await verifyTable(table, signal)).filter(({ severity }) => severity === 'damage');
      if (damage === undefined && table.version === version) continue;
      const what = damage ? `${damage.file}: ${damage.message}` : `it is version ${table.version}`;
      throw new LakeError('BACKUP_FAILED', `\`${name}\` of the back-up ${backup} is damaged: ${what}`, {
        hint: 'take an older one with `--at`',
      });
    }
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

async function chosenBackup(from: string, at: string | undefined): Promise<string> {
  const stamps = await listBackups(from);
  const stamp = at ?? stamps.at(-1);
  if (stamp === undefined) return from;
  if (stamps.includes(stamp)) return join(from, stamp);
  throw new LakeError('USAGE', `there is no back-up \`${stamp.slice(0, 60)}\` in ${from}`, {
    hint: stamps.length > 0 ? `there are ${stamps.slice(-5).join(', ')}` : 'it has none',
  });
}

async function isFree(folder: string): Promise<boolean> {
  try {
    return (await readdir(folder)).length === 0;
  } catch (error) {
    return systemCodeOf(error) === 'ENOENT';
  }
}
