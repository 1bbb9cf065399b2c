/**
 * Optimistic concurrency: write the next version if it is absent; when someone else has it, look at what they did and
 * go on or give up. Source: Delta protocol, "Creation of New Log Entries"; the loop of delta-rs.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { LakeError } from '../../base/errors.ts';
import type { Action } from '../log/actions.ts';
import { serializeCommit } from '../log/commit-json.ts';
import { commitName } from '../log/log-path.ts';
import type { TableStore } from '../store/table-store.ts';
import { type ConflictReason, checkConflict, type OurCommit } from './conflict.ts';

export type CommitOutcome =
  | { readonly kind: 'committed'; readonly version: number; readonly attempts: number }
  /** The table has our `txn` already: nothing was written. */
  | { readonly kind: 'already-committed'; readonly version: number }
  /** Someone else's commit forbids ours; it has to be planned again. */
  | { readonly kind: 'conflict'; readonly reason: ConflictReason; readonly version: number };

export interface CommitLoop {
  readonly store: TableStore;
  readonly ours: OurCommit;
  /** In our `commitInfo`: tells our own commit from another's after an error. */
  readonly txnId: string;
  readonly maxAttempts: number | undefined;
  /** The newest version known. */
  version(): number;
  /** The actions to write on top of it. @throws LakeError when the table must not be written. */
  prepare(): Action[];
  catchUp(onWinner: (actions: readonly Action[], version: number) => boolean | undefined): Promise<void>;
  committed(version: number, actions: readonly Action[]): void;
}

const DEFAULT_ATTEMPTS = 200;
const BUDGET_MS = 60_000;
/**
 * Who loses goes on at once, while the winner still syncs its folder: one that waits would find the next version taken
 * by the same winner again and again. Jitter is for many writers, and comes before the look at what they did.
 */
const ATTEMPTS_AT_ONCE = 16;
const MAX_DELAY_MS = 20;

export async function commitWithRetries(loop: CommitLoop): Promise<CommitOutcome> {
  const deadline = performance.now() + BUDGET_MS;
  const maxAttempts = loop.maxAttempts ?? DEFAULT_ATTEMPTS;
  for (let attempt = 1; attempt <= maxAttempts && performance.now() < deadline; attempt++) {
    const actions = loop.prepare();
    const version = loop.version() + 1;
    const put = await putCommit(loop, version, actions);
    if (put === 'ours') {
      loop.committed(version, actions);
      return { kind: 'committed', version, attempts: attempt };
    }
    if (attempt > ATTEMPTS_AT_ONCE)
      await sleep(Math.random() * Math.min(MAX_DELAY_MS, attempt - ATTEMPTS_AT_ONCE));
    let verdict = 'rebase' as ReturnType<typeof checkConflict>;
    let judgedVersion = version;
    await loop.catchUp((winning, winningVersion) => {
      if (verdict !== 'rebase') return;
      verdict = checkConflict(loop.ours, winning);
      judgedVersion = winningVersion;
    });
    if (verdict === 'already-committed') return { kind: 'already-committed', version: judgedVersion };
    if (verdict !== 'rebase') return { kind: 'conflict', reason: verdict, version: judgedVersion };
  }
  throw new LakeError(
    'COMMIT_CONFLICT',
    `other writers were faster at \`${loop.store.location}\` for a minute`,
    {
      hint: 'nothing was written; it is safe to repeat',
    },
  );
}

/**
 * Writes the version; an error or "exists" may still mean that it was written by us. And what we wrote may be gone:
 * Spark, on a local disk, looks whether the version is there and then renames over it.
 */
async function putCommit(
  { store, txnId }: CommitLoop,
  version: number,
  actions: readonly Action[],
): Promise<'ours' | 'theirs'> {
  const name = commitName(version);
  const bytes = serializeCommit(actions);
  let failure: unknown;
  try {
    await store.putIfAbsent(name, bytes);
  } catch (error) {
    failure = error;
  }
  const there = await store.read(name).catch(() => undefined);
  // After a failure only the whole of it counts: a part of it may be what the failure left.
  if (
    failure !== undefined &&
    (there === undefined || (isOurs(there, txnId) && !Buffer.from(bytes).equals(there)))
  )
    throw failure;
  if (there !== undefined) return isOurs(there, txnId) ? 'ours' : 'theirs';
  throw new LakeError('TABLE_DAMAGED', `the commit \`${name}\` exists and cannot be read`, {
    hint: 'look at the disk',
  });
}

function isOurs(commit: Uint8Array, txnId: string): boolean {
  return Buffer.from(commit).includes(txnId);
}
