/** The store of a location: the one place that knows which kinds there are. */
import { isObjectStore } from '../base/location.ts';
import { LocalStore } from '../delta/store/local-store.ts';
import type { TableStore } from '../delta/store/table-store.ts';

/** @param location a folder, or `s3://BUCKET/PREFIX`. @throws LakeError USAGE, CONFIG_INVALID. */
export async function openStore(location: string): Promise<TableStore> {
  if (!isObjectStore(location)) return new LocalStore(location);
  const { openS3Store } = await import('./open-s3-store.ts');
  return openS3Store(location);
}
