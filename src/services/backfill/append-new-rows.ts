/** Appends rows of the past that a collector may be about to store, too: each of them once, whoever comes first. */
import { LakeError } from '../../base/errors.ts';
import type { DeltaTable } from '../../delta/delta-table.ts';
import type { TableBatch } from '../../ingest/rows/table-batch.ts';
import { appendBatch } from '../../ingest/write/append-batch.ts';
import type { LakeTable } from '../../lake/table.ts';

/** Of commits of others that bring nothing of ours. */
const MAX_RACES = 20;

/**
 * @param table as it was when `batch` was made: what is committed since is looked at.
 * @param isAnyThere whether the table has one of the rows now.
 * @returns how many rows were stored; undefined, and nothing is stored, when another one stored some of them meanwhile.
 * @throws LakeError COMMIT_CONFLICT.
 */
export async function appendNewRows(
  table: DeltaTable,
  batch: TableBatch<LakeTable>,
  details: Readonly<Record<string, string>>,
  isAnyThere: () => Promise<boolean>,
): Promise<number | undefined> {
  for (let race = 1; ; race++) {
    try {
      return await appendBatch(table, batch, undefined, details, 'new-rows');
    } catch (error) {
      const isRace = error instanceof LakeError && error.code === 'COMMIT_CONFLICT';
      if (!isRace || race === MAX_RACES) throw error;
    }
    await table.refresh();
    if (await isAnyThere()) return undefined;
  }
}
