/**
 * A lake that was moved, or whose disk is not mounted, under a process that writes into it. In its place there may be an
 * empty folder: a table begun there would have the name of one that is full.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LakeError } from '../base/errors.ts';
import type { TableStore } from '../delta/store/table-store.ts';

export function away(place: string): LakeError {
  return new LakeError(
    'LAKE_NOT_FOUND',
    `\`${place}\` is gone from under this process: it was moved, or its disk is not mounted`,
    { hint: 'bring it back to its place, and all goes on by itself; only a new start begins anew there' },
  );
}

/** Before anything is written beside a log: on an object store nothing can be unmounted. @throws LakeError LAKE_NOT_FOUND. */
export function requireLog({ folder }: TableStore): void {
  if (folder !== undefined && !existsSync(join(folder, '_delta_log'))) throw away(folder);
}
