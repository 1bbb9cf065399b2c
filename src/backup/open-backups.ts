import { isObjectStore } from '../base/location.ts';
import type { BackupSet } from './backup-set.ts';

/** @param location of all back-ups: a folder, or `s3://BUCKET/PREFIX`. */
export async function openBackups(location: string): Promise<BackupSet> {
  return isObjectStore(location)
    ? new (await import('./store-backups.ts')).StoreBackups(location)
    : new (await import('./folder-backups.ts')).FolderBackups(location);
}
