/** Backs a whole lake up while others write to it: each table as of the version that it has when its turn comes. */
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '../base/durable/sync-path.ts';
import { writeSynced } from '../base/durable/write-synced.ts';
import { LakeError } from '../base/errors.ts';
import { joinLocation } from '../base/location.ts';
import { listTables } from '../lake/lake-catalog.ts';
import { openStore } from '../lake/open-store.ts';
import { LAKE_TABLES } from '../lake/registry.ts';
import { acquireLock } from '../spool/state/lock.ts';
import { type BackedUpTable, listBackups, MANIFEST, type Manifest, stampOf, timeOf } from './backup-set.ts';
import { backUpTable } from './backup-table.ts';

export interface BackupOptions {
  readonly lake: string;
  /** The folder of all back-ups. */
  readonly to: string;
  /** Older ones are removed once this one is whole; undefined keeps all. */
  readonly keepMs: number | undefined;
  readonly nowMs: number;
  readonly signal: AbortSignal;
  /** Called when a table is copied. */
  readonly onTable?: (table: BackedUpTable) => void;
}

export interface BackupResult extends Manifest {
  readonly folder: string;
  /** Folders of back-ups that were too old. */
  readonly removed: readonly string[];
}

/** @throws LakeError BACKUP_FAILED, LAKE_LOCKED, TABLE_…, DISK_FULL; then no back-up was made and none removed. */
export async function backUpLake(options: BackupOptions): Promise<BackupResult> {
  const { lake, to, nowMs, keepMs, signal } = options;
  const names = await listTables(
    lake,
    LAKE_TABLES.map(({ name }) => name),
  );
  if (names.length === 0)
    throw new LakeError('USAGE', `the lake ${lake} has no tables to back up`, {
      hint: 'name it with `--lake`',
    });
  await mkdir(to, { recursive: true });
  const lock = await acquireLock(to, { purpose: 'backup', waitMs: 0 });
  const folder = join(to, stampOf(nowMs));
  const partial = join(to, '.partial');
  try {
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial);
    const previous = (await listBackups(to)).at(-1);
    const tables: BackedUpTable[] = [];
    for (const name of names) {
      const table = await backUpTable({
        name,
        store: await openStore(joinLocation(lake, name)),
        target: join(partial, name),
        previous: previous === undefined ? undefined : join(to, previous, name),
        signal,
      });
      tables.push(table);
      options.onTable?.(table);
    }
    const manifest: Manifest = { madeAt: new Date(nowMs).toISOString(), lake, tables };
    await writeSynced(join(partial, MANIFEST), `${JSON.stringify(manifest)}\n`);
    await rename(partial, folder);
    await syncFolder(to);
    const removed = keepMs === undefined ? [] : await removeOlder(to, nowMs - keepMs);
    return { ...manifest, folder, removed };
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  } finally {
    await lock.release();
  }
}

/** The newest one stays, however old it is. */
async function removeOlder(to: string, beforeMs: number): Promise<string[]> {
  const stamps = (await listBackups(to)).slice(0, -1).filter((stamp) => timeOf(stamp) < beforeMs);
  const folders = stamps.map((stamp) => join(to, stamp));
  for (const folder of folders) await rm(folder, { recursive: true });
  return folders;
}
