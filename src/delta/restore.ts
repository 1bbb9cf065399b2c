/** Brings a table back to an older version, as a new commit. Source: delta-rs and Spark, RESTORE. */
import { LakeError } from '../errors.ts';
import type { RemoveFile } from './actions.ts';
import type { DeltaTable } from './delta-table.ts';
import { locateFile } from './file-path.ts';

export interface Restored {
  readonly version: number;
  readonly added: number;
  readonly removed: number;
}

/** @throws LakeError VERSION_NOT_FOUND, TABLE_DAMAGED when a file of that version is gone, COMMIT_CONFLICT. */
export async function restoreTable(table: DeltaTable, version: number): Promise<Restored> {
  const now = await table.refresh();
  const then = await table.snapshotAt(version);
  const adds = [...then.files]
    .filter(([key]) => !now.files.has(key))
    .map(([, add]) => ({ ...add, dataChange: true }));
  const nowMs = Date.now();
  const removes: RemoveFile[] = [...now.files]
    .filter(([key]) => !then.files.has(key))
    .map(([, { path, partitionValues, size, deletionVector }]) => ({
      path,
      deletionTimestamp: nowMs,
      dataChange: true,
      extendedFileMetadata: true,
      partitionValues,
      size,
      ...(deletionVector ? { deletionVector } : {}),
    }));
  for (const { path } of adds) {
    const location = locateFile(path);
    if (location.kind === 'absolute') continue;
    const folder = location.name.includes('/') ? location.name.slice(0, location.name.lastIndexOf('/')) : '';
    if ((await table.store.listNames(folder)).includes(location.name)) continue;
    throw new LakeError(
      'VERSION_NOT_FOUND',
      `version ${version} cannot be restored: its file \`${location.name}\` was vacuumed`,
      {
        hint: 'choose a newer version',
      },
    );
  }
  const outcome = await table.commit({
    operation: 'RESTORE',
    operationParameters: { version: String(version) },
    operationMetrics: { numRestoredFiles: String(adds.length), numRemovedFiles: String(removes.length) },
    ...(JSON.stringify(then.metadata) === JSON.stringify(now.metadata) ? {} : { metadata: then.metadata }),
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
