/** Puts a batch into its table: the files are staged once, then one commit names them all. */

import { LakeError } from '../../base/errors.ts';
import type { CommitOutcome } from '../../delta/commit/commit-loop.ts';
import type { TxnVersion } from '../../delta/commit/conflict.ts';
import type { CommitRequest, DeltaTable } from '../../delta/delta-table.ts';
import { decodePath } from '../../delta/format/file-path.ts';
import { statsColumns } from '../../delta/format/stats-columns.ts';
import type { AddFile } from '../../delta/log/actions.ts';
import { ensureSchema } from '../../lake/ensure-schema.ts';
import type { TableBatch } from '../rows/table-batch.ts';
import { writeDataFile } from './write-data-file.ts';

/**
 * @param txn undefined: it may be repeated, and adds its rows again. @param details for the commit's own description.
 * @param reads `new-rows` when rows that others add meanwhile could be the same: then nothing is added.
 * @returns how many rows were added: none when the table has this `txn` already.
 * @throws LakeError COMMIT_CONFLICT, TABLE_SCHEMA when another program changed the table so that it cannot take them.
 */
export async function appendBatch(
  table: DeltaTable,
  batch: TableBatch,
  txn: TxnVersion | undefined,
  details: Readonly<Record<string, string>> = {},
  reads: CommitRequest['reads'] = 'nothing',
): Promise<number> {
  if (batch.rowCount === 0) return 0;
  if (txn !== undefined && table.txnVersion(txn.appId) >= txn.version) return 0;
  const { store, metadata } = table;
  const indexed = new Set(statsColumns(metadata).map(({ name }) => name));
  const adds: AddFile[] = [];
  for (const { values, columns } of batch.partitions) {
    adds.push(
      await writeDataFile({
        store,
        table: batch.table,
        partitionValues: values,
        columns,
        indexed,
        nowMs: Date.now(),
      }),
    );
    // Polars frees a frame's memory only when the event loop turns.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const outcome = await commitAppend(table, batch, adds, { txn, details, reads });
  switch (outcome.kind) {
    case 'committed':
      return batch.rowCount;
    case 'already-committed':
      return 0;
    case 'conflict':
      for (const { path } of adds) await store.delete(decodePath(path)).catch(() => undefined);
      throw new LakeError(
        'COMMIT_CONFLICT',
        `the table \`${table.store.location}\` was changed meanwhile: ${outcome.reason}`,
        {
          hint: 'nothing was written; it is tried again',
        },
      );
  }
}

interface AppendHow {
  readonly txn: TxnVersion | undefined;
  readonly details: Readonly<Record<string, string>>;
  readonly reads: CommitRequest['reads'];
}

/** Changed metadata only matters when our rows no longer fit: the append is tried once more on the new ones. */
async function commitAppend(
  table: DeltaTable,
  batch: TableBatch,
  adds: readonly AddFile[],
  { txn, details, reads }: AppendHow,
): Promise<CommitOutcome> {
  const request = {
    operation: 'WRITE',
    operationParameters: {
      mode: 'Append',
      partitionBy: JSON.stringify(batch.table.partitionBy),
      ...details,
    },
    operationMetrics: {
      numFiles: String(adds.length),
      numOutputRows: String(batch.rowCount),
      numOutputBytes: String(adds.reduce((sum, { size }) => sum + Number(size), 0)),
    },
    adds,
    ...(txn ? { txn } : {}),
    reads,
  } as const;
  const outcome = await table.commit(request);
  if (outcome.kind !== 'conflict' || outcome.reason !== 'metadata-changed') return outcome;
  await ensureSchema(table, batch.table);
  // What came beside the new metadata was not judged.
  if (reads !== 'nothing') return outcome;
  return table.commit(request);
}
