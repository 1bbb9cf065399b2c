/**
 * What a commit that won the race means for ours. Pure.
 * Source: Delta protocol and Spark's ConflictChecker: append against append never conflicts; what we read or remove
 * must still be there.
 */
import type { Action, RemoveFile, Txn } from '../log/actions.ts';
import { fileKey } from '../log/log-replay.ts';

export type ConflictReason =
  | 'metadata-changed'
  | 'protocol-changed'
  | 'concurrent-txn'
  | 'delete-read'
  | 'delete-delete'
  | 'append-read';

export type TxnVersion = Pick<Txn, 'appId' | 'version'>;

export interface OurCommit {
  readonly txn: TxnVersion | undefined;
  readonly moreTxns?: readonly TxnVersion[];
  readonly removes: readonly RemoveFile[];
  /**
   * - `nothing`: a blind append.
   * - `removed-files`: only the files that we remove (a rewrite of the same rows).
   * - `new-rows`: rows that others add would have mattered (we add what was not there); the same rows in other files not.
   * - `whole-table`: any new file would have mattered (restore).
   */
  readonly reads: 'nothing' | 'removed-files' | 'new-rows' | 'whole-table';
  readonly changesProtocol: boolean;
}

export type Verdict = 'rebase' | 'already-committed' | ConflictReason;

/** @param winning the actions of one commit that came before ours. */
export function checkConflict(ours: OurCommit, winning: readonly Action[]): Verdict {
  const removed = new Set(ours.removes.map(fileKey));
  const others = new Set(ours.moreTxns?.map(({ appId }) => appId));
  for (const action of winning) {
    if ('txn' in action && others.has(action.txn.appId)) return 'concurrent-txn';
    if ('txn' in action && ours.txn !== undefined && action.txn.appId === ours.txn.appId) {
      return action.txn.version >= ours.txn.version ? 'already-committed' : 'concurrent-txn';
    }
    if ('metaData' in action) return 'metadata-changed';
    // The files that a restore wants back may be among those that go.
    if (
      ours.reads === 'whole-table' &&
      'commitInfo' in action &&
      action.commitInfo.operation === 'VACUUM START'
    )
      return 'delete-read';
    if ('protocol' in action && (ours.changesProtocol || ours.reads !== 'nothing')) return 'protocol-changed';
    if ('remove' in action && removed.has(fileKey(action.remove))) {
      return ours.reads === 'removed-files' ? 'delete-read' : 'delete-delete';
    }
    if (ours.reads === 'new-rows' && 'add' in action && action.add.dataChange) return 'append-read';
    if (ours.reads === 'whole-table' && ('remove' in action || 'add' in action)) {
      return 'add' in action ? 'append-read' : 'delete-read';
    }
  }
  return 'rebase';
}
