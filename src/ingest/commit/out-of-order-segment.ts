/**
 * A segment that was passed over because its file was gone may come back: a folder that is mounted again, a file that
 * was repaired. The tables know higher numbers by then, and would take it for stored. So the very commits that go past
 * it record a name of its own, under which it can still be stored, once.
 */
import type { TxnVersion } from '../../delta/commit/conflict.ts';
import type { DeltaTable } from '../../delta/delta-table.ts';

/** Versions of that name. */
const PASSED_OVER = 1;
const STORED = 2;

const NAME = /:late-\d+$/;

function lateName(appId: string, segment: number): string {
  return `${appId}:late-${segment}`;
}

/** What a table records when it takes the segment. */
export function segmentTxn(table: DeltaTable, appId: string, segment: number): TxnVersion {
  const name = lateName(appId, segment);
  return table.txnVersion(name) === 0 ? { appId, version: segment } : { appId: name, version: STORED };
}

/** Whether the table has taken the segment. */
export function isTaken(table: DeltaTable, appId: string, segment: number): boolean {
  const txn = segmentTxn(table, appId, segment);
  return table.txnVersion(txn.appId) >= txn.version;
}

/** Whether the segment was passed over and is not in the table yet. */
export function isLate(table: DeltaTable, appId: string, segment: number): boolean {
  return table.txnVersion(lateName(appId, segment)) === PASSED_OVER;
}

/**
 * Whether the table has later segments, and knows nothing of this one: it was stored by who had a copy of the spool, or
 * was away before anyone could see that it is missing.
 */
export function isOutrun(table: DeltaTable, appId: string, segment: number): boolean {
  return table.txnVersion(appId) > segment && table.txnVersion(lateName(appId, segment)) === 0;
}

/** The names that any of the tables has recorded: one that had no rows to commit since knows nothing of them. */
export function lateNames(tables: readonly DeltaTable[]): string[] {
  return tables.flatMap(({ snapshot }) => [...snapshot.txns.keys()].filter((name) => NAME.test(name)));
}

/**
 * What the next commit to the table has to record beside its own segment.
 *
 * @param passedOver segments that this run passed over.
 * @param known names from `lateNames`.
 */
export function passedOverTxns(
  table: DeltaTable,
  appId: string,
  passedOver: readonly number[],
  known: readonly string[],
): TxnVersion[] {
  const names = new Set([
    ...passedOver.map((segment) => lateName(appId, segment)),
    ...known.filter((name) => name.startsWith(`${appId}:`)),
  ]);
  return [...names]
    .filter((name) => table.txnVersion(name) === 0)
    .map((name) => ({ appId: name, version: PASSED_OVER }));
}
