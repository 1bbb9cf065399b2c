/**
 * Removes data files that no kept version needs. A removed file is judged by when it was removed, one that no version
 * names by its age: a young one belongs to a running writer. Source: Spark's VacuumCommand, delta-rs.
 */
import { LakeError } from '../errors.ts';
import type { DeltaTable } from './delta-table.ts';
import { locateFile } from './file-path.ts';
import { checkWritable } from './protocol-support.ts';
import type { Snapshot } from './snapshot.ts';
import type { StoreEntry } from './store.ts';
import { deletedFileRetentionMs } from './table-properties.ts';

export interface VacuumOptions {
  readonly nowMs: number;
  readonly dryRun: boolean;
  /** Milliseconds; the table's own when undefined. */
  readonly retentionMs?: number | undefined;
  /** Allows a retention shorter than the table's. */
  readonly force?: boolean;
}

export interface VacuumReport {
  readonly files: readonly string[];
  readonly bytes: number;
}

/** @throws LakeError USAGE for a retention that is too short, TABLE_UNSUPPORTED. */
export async function vacuumTable(table: DeltaTable, options: VacuumOptions): Promise<VacuumReport> {
  const snapshot = await table.refresh();
  const { metadata, protocol } = snapshot;
  checkWritable(protocol, metadata, table.store.location);
  const leastMs = deletedFileRetentionMs(metadata);
  const retentionMs = options.retentionMs ?? leastMs;
  if (retentionMs < leastMs && options.force !== true) {
    throw new LakeError(
      'USAGE',
      "the retention is shorter than the table's; readers of older versions would fail",
      {
        hint: 'leave it out, or set `delta.deletedFileRetentionDuration` on the table',
      },
    );
  }
  const doomed = planVacuum(
    snapshot,
    await table.store.list('', { recursive: true }),
    options.nowMs,
    retentionMs,
  );
  const report = {
    files: doomed.map(({ name }) => name),
    bytes: doomed.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  };
  if (options.dryRun || doomed.length === 0) return report;
  await commitStep(table, 'VACUUM START', {
    operationParameters: {
      retentionCheckEnabled: String(options.force !== true),
      defaultRetentionMillis: String(leastMs),
      specifiedRetentionMillis: String(retentionMs),
    },
    operationMetrics: { numFilesToDelete: String(doomed.length), sizeOfDataToDelete: String(report.bytes) },
  });
  for (const { name } of doomed) await table.store.delete(name);
  await commitStep(table, 'VACUUM END', {
    operationParameters: { status: 'COMPLETED' },
    operationMetrics: { numDeletedFiles: String(doomed.length), numVacuumedDirectories: '0' },
  });
  return report;
}

/** Pure: the files that may go. */
export function planVacuum(
  snapshot: Snapshot,
  listing: readonly StoreEntry[],
  nowMs: number,
  retentionMs: number,
): StoreEntry[] {
  const cutoffMs = nowMs - retentionMs;
  const live = new Set([...snapshot.files.values()].flatMap(({ path }) => nameOf(path)));
  const removedMs = new Map(
    [...snapshot.tombstones.values()].flatMap(({ path, deletionTimestamp }) =>
      nameOf(path).map((name) => [name, Number(deletionTimestamp ?? 0)] as const),
    ),
  );
  return listing.filter(({ name, modifiedMs }) => {
    if (!isDataFile(name) || live.has(name)) return false;
    return (removedMs.get(name) ?? modifiedMs) < cutoffMs;
  });
}

/** Nothing below a hidden folder; partition folders may begin with anything. */
function isDataFile(name: string): boolean {
  return name
    .split('/')
    .every(
      (part) =>
        part.includes('=') || !(part.startsWith('_') || part.startsWith('.')) || part.endsWith('.tmp'),
    );
}

function nameOf(path: string): string[] {
  const location = locateFile(path);
  return location.kind === 'relative' ? [location.name] : [];
}

async function commitStep(
  table: DeltaTable,
  operation: string,
  details: {
    readonly operationParameters: Record<string, string>;
    readonly operationMetrics: Record<string, string>;
  },
): Promise<void> {
  await table.commit({ operation, ...details, reads: 'nothing' });
}
