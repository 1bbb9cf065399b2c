/** Backs a whole lake up while others write to it: each table as of the version that it has when its turn comes. */
import { LakeError } from '../base/errors.ts';
import { isObjectStore, joinLocation } from '../base/location.ts';
import { listTables, requireLake } from '../lake/lake-catalog.ts';
import { openStore } from '../lake/open-store.ts';
import { LAKE_TABLES } from '../lake/registry.ts';
import {
  type BackedUpTable,
  type BackupSet,
  type Manifest,
  type NewBackup,
  stampOf,
  timeOf,
} from './backup-set.ts';
import { copyVersion } from './copy-version.ts';
import { openBackups } from './open-backups.ts';

export interface BackupOptions {
  readonly lake: string;
  /** Where all back-ups are: a folder, or `s3://BUCKET/PREFIX`. */
  readonly to: string;
  /** Older ones are removed once this one is whole; undefined keeps all. */
  readonly keepMs: number | undefined;
  readonly nowMs: number;
  readonly signal: AbortSignal;
  /** Called when a table is copied. */
  readonly onTable?: (table: BackedUpTable) => void;
}

export interface BackupResult extends Manifest {
  /** Where it is. */
  readonly folder: string;
  /** Where back-ups were that were too old. */
  readonly removed: readonly string[];
}

/** @throws LakeError BACKUP_FAILED, LAKE_LOCKED, TABLE_…, STORE_…, DISK_FULL; then no back-up was made and none removed. */
export async function backUpLake(options: BackupOptions): Promise<BackupResult> {
  const { lake, to, nowMs, keepMs } = options;
  if (isObjectStore(to) && (to === lake || to.startsWith(`${lake}/`))) {
    throw new LakeError('USAGE', `\`${to}\` is the lake itself, or lies in it`, {
      hint: 'choose another place with `--to`',
    });
  }
  await requireLake(lake);
  const names = await listTables(
    lake,
    LAKE_TABLES.map(({ name }) => name),
  );
  if (names.length === 0)
    throw new LakeError('USAGE', `the lake ${lake} has no tables to back up`, {
      hint: 'name it with `--lake`',
    });
  const set = await openBackups(to);
  const made = await set.begin(stampOf(nowMs));
  try {
    const manifest = {
      madeAt: new Date(nowMs).toISOString(),
      lake,
      tables: await copyAll(options, names, made),
    };
    const folder = await made.finish(manifest);
    const removed = keepMs === undefined ? [] : await made.remove(await olderThan(set, nowMs - keepMs));
    return { ...manifest, folder, removed };
  } finally {
    await made.end();
  }
}

async function copyAll(
  options: BackupOptions,
  names: readonly string[],
  made: NewBackup,
): Promise<BackedUpTable[]> {
  const signal = AbortSignal.any([options.signal, made.lost]);
  const tables: BackedUpTable[] = [];
  for (const name of names) {
    const store = await openStore(joinLocation(options.lake, name));
    const table = await copyVersion({ name, store, target: await made.table(name), signal });
    tables.push(table);
    options.onTable?.(table);
  }
  return tables;
}

/** The newest one stays, however old it is. */
async function olderThan(set: BackupSet, beforeMs: number): Promise<string[]> {
  return (await set.list()).slice(0, -1).filter((stamp) => timeOf(stamp) < beforeMs);
}
