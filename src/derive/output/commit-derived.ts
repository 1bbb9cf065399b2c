/** Puts what a run made for a table into it: one commit, or none when nothing changed. */
import { LakeError } from '../../base/errors.ts';
import type { TxnVersion } from '../../delta/commit/conflict.ts';
import { decodePath } from '../../delta/format/file-path.ts';
import type { AddFile, RemoveFile } from '../../delta/log/actions.ts';
import type { StepHook } from '../../delta/store/table-store.ts';
import type { WrittenPartition } from './partition-writer.ts';
import { type ReplaceContext, replaceRows } from './replace-rows.ts';

export interface CommitDerivedRequest {
  readonly context: ReplaceContext;
  readonly written: readonly WrittenPartition[];
  /** Up to where the inputs are in; none for a run that did not look at all of them. */
  readonly txns: readonly TxnVersion[];
  /** Version by table. */
  readonly inputs: Readonly<Record<string, number>>;
  readonly step: StepHook;
}

export interface CommittedDerived {
  /** Undefined when nothing changed. */
  readonly version: number | undefined;
  readonly rows: number;
  readonly partitions: number;
}

/** @throws LakeError COMMIT_CONFLICT when another program rewrote the same files meanwhile: the run is to be done again. */
export async function commitDerived({
  context,
  written,
  txns,
  inputs,
  step,
}: CommitDerivedRequest): Promise<CommittedDerived> {
  const adds: AddFile[] = [];
  const removes: RemoveFile[] = [];
  let rows = 0;
  let partitions = 0;
  for (const partition of written) {
    const change = await replaceRows(context, partition);
    if (change === undefined) continue;
    adds.push(...change.adds);
    removes.push(...change.removes);
    rows += partition.rows;
    partitions++;
  }
  if (partitions === 0) return { version: undefined, rows: 0, partitions: 0 };
  const { delta } = context;
  await step('derive:written');
  const [txn, ...moreTxns] = txns;
  const outcome = await delta.commit({
    operation: 'WRITE',
    operationParameters: {
      mode: removes.length > 0 ? 'Overwrite' : 'Append',
      partitionBy: JSON.stringify(context.table.partitionBy),
      inputs: JSON.stringify(inputs),
    },
    operationMetrics: {
      numFiles: String(adds.length),
      numOutputRows: String(rows),
      numOutputBytes: String(adds.reduce((sum, { size }) => sum + Number(size), 0)),
    },
    adds,
    removes,
    ...(txn === undefined ? {} : { txn, moreTxns }),
    reads: removes.length > 0 ? 'removed-files' : 'nothing',
  });
  if (outcome.kind === 'committed') {
    await step('derive:committed');
    return { version: outcome.version, rows, partitions };
  }
  for (const { path } of adds) await delta.store.delete(decodePath(path));
  const reason = outcome.kind === 'conflict' ? outcome.reason : 'it has these rows already';
  throw new LakeError('COMMIT_CONFLICT', `\`${delta.store.location}\` was changed meanwhile: ${reason}`, {
    hint: 'nothing was written; the next run does it again',
  });
}
