/** Files that no version of a table names: a writer that was killed left them. Vacuum takes those that are old enough. */
import { sizeText } from '../../base/size.ts';
import type { DeltaTable } from '../../delta/delta-table.ts';
import { deletedFileRetentionMs } from '../../delta/format/table-properties.ts';
import { planVacuum } from '../../delta/maintenance/plan-vacuum.ts';
import type { StoreEntry } from '../../delta/store/table-store.ts';
import { type Check, type CheckResult, mergeResults } from '../check.ts';
import type { OpenedTables } from './opened-tables.ts';

/** A younger file may belong to a commit that is on its way. */
const UNDER_WAY_MS = 3_600_000;
/** Upkeep had this long to remove what it may. */
const UPKEEP_MS = 86_400_000;

export function orphans(tables: () => Promise<OpenedTables>, nowMs: number, fix: string): Check {
  return {
    name: 'orphans',
    async run() {
      const { opened } = await tables();
      return mergeResults(
        await Promise.all(opened.map(({ name, table }) => lookAt(name, table, nowMs, fix))),
        'the lake has no tables yet',
      );
    },
  };
}

async function lookAt(name: string, table: DeltaTable, nowMs: number, fix: string): Promise<CheckResult> {
  const found = orphansOf(table, await table.store.list('', { recursive: true }), nowMs);
  const overdueMs = nowMs - deletedFileRetentionMs(table.snapshot.metadata) - UPKEEP_MS;
  const bytes = found.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const text = `${name} ${found.length}${bytes > 0 ? ` (${sizeText(bytes)})` : ''}`;
  return found.some(({ modifiedMs }) => modifiedMs < overdueMs)
    ? { status: 'warn', text, fix }
    : { status: 'ok', text };
}

/** What vacuum would take if every file that a version names were still in use. */
function orphansOf({ snapshot }: DeltaTable, listing: readonly StoreEntry[], nowMs: number): StoreEntry[] {
  const tombstones = new Map(
    [...snapshot.tombstones].map(([key, file]) => [key, { ...file, deletionTimestamp: nowMs }]),
  );
  return planVacuum({ ...snapshot, tombstones }, listing, nowMs, UNDER_WAY_MS);
}
