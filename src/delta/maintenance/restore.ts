/** Brings a table back to an older version, as a new commit. Source: delta-rs and Spark, RESTORE. */

import { posix } from 'node:path';
import { LakeError } from '../../base/errors.ts';
import type { DeltaTable } from '../delta-table.ts';
import { locateFile } from '../format/file-path.ts';
import type { AddFile, RemoveFile } from '../log/actions.ts';
import { canonicalJson } from '../log/json.ts';
import { removeFile } from '../log/remove-file.ts';
import type { TableStore } from '../store/table-store.ts';

export interface Restored {
  readonly version: number;
  readonly added: number;
  readonly removed: number;
}

/** @throws LakeError VERSION_NOT_FOUND also when a file of that version is gone, COMMIT_CONFLICT. */
export async function restoreTable(table: DeltaTable, version: number): Promise<Restored> {
  const now = await table.refresh();
  const then = await table.snapshotAt(version);
  const adds = [...then.files]
    .filter(([key]) => !now.files.has(key))
    .map(([, add]) => ({ ...add, dataChange: true }));
  const nowMs = Date.now();
  const removes: RemoveFile[] = [...now.files]
    .filter(([key]) => !then.files.has(key))
    .map(([, add]) => removeFile(add, nowMs, true));
  await checkFilesExist(table.store, adds, version);
  // Metadata that is only written in another order must not stop the appends of others.
  const isSameMetadata = canonicalJson(then.metadata) === canonicalJson(now.metadata);
  const outcome = await table.commit({
    operation: 'RESTORE',
    operationParameters: { version: String(version) },
    operationMetrics: {
      numRestoredFiles: String(adds.length),
      numRemovedFiles: String(removes.length),
      restoredFilesSize: totalSize(adds),
      removedFilesSize: totalSize(removes),
      numOfFilesAfterRestore: String(then.files.size),
      tableSizeAfterRestore: totalSize([...then.files.values()]),
    },
    ...(isSameMetadata ? {} : { metadata: then.metadata }),
    adds,
    removes,
    reads: 'whole-table',
  });
  if (outcome.kind === 'committed')
    return { version: outcome.version, added: adds.length, removed: removes.length };
  throw new LakeError(
    'COMMIT_CONFLICT',
    `the table changed while it was restored (version ${outcome.version})`,
    {
      hint: 'nothing was written; repeat it when no one else writes',
    },
  );
}

/** Each folder is listed once: a version may bring back thousands of files. */
async function checkFilesExist(store: TableStore, adds: readonly AddFile[], version: number): Promise<void> {
  const folders = new Map<string, ReadonlyMap<string, number>>();
  for (const { path, size } of adds) {
    const location = locateFile(path);
    if (location.kind === 'absolute') continue;
    const name = posix.normalize(location.name);
    const folder = name.includes('/') ? posix.dirname(name) : '';
    const sizes =
      folders.get(folder) ??
      new Map(
        (await store.list(folder, { followLinks: true })).map(
          (entry) => [entry.name, entry.sizeBytes] as const,
        ),
      );
    folders.set(folder, sizes);
    const sizeBytes = sizes.get(name);
    if (sizeBytes === Number(size)) continue;
    const problem =
      sizeBytes === undefined ? 'was vacuumed' : `has ${sizeBytes} bytes where the log says ${size}`;
    throw new LakeError(
      'VERSION_NOT_FOUND',
      `version ${version} cannot be restored: its file \`${name}\` ${problem}`,
      {
        hint: 'choose a newer version',
      },
    );
  }
}

function totalSize(files: readonly { readonly size?: number | bigint }[]): string {
  return String(files.reduce((sum, { size = 0 }) => sum + BigInt(size), 0n));
}
