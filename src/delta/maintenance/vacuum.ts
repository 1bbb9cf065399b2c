/** Removes data files that no kept version needs, between two commits that tell of it. */
import { eachAtOnce } from '../../base/each-at-once.ts';
import { LakeError } from '../../base/errors.ts';
import type { CommitRequest, DeltaTable } from '../delta-table.ts';
import { checkWritable } from '../format/protocol-support.ts';
import { deletedFileRetentionMs } from '../format/table-properties.ts';
import type { StepHook, StoreEntry } from '../store/table-store.ts';
import { pinnedVersions } from './pins.ts';
import { planVacuum } from './plan-vacuum.ts';

/** Each is a request of its own: not every store knows one for many. */
const DELETES_AT_ONCE = 16;

export interface VacuumOptions {
  readonly nowMs: number;
  readonly dryRun: boolean;
  /** Milliseconds; the table's own when undefined. */
  readonly retentionMs?: number | undefined;
  /** Allows a retention shorter than the table's. */
  readonly force?: boolean;
  readonly step?: StepHook;
}

export interface VacuumReport {
  readonly files: readonly string[];
  readonly bytes: number;
}

/**
 * @throws LakeError USAGE for a retention that is too short, TABLE_UNSUPPORTED for a table in which an unknown feature
 * may own files, COMMIT_CONFLICT.
 */
export async function vacuumTable(table: DeltaTable, options: VacuumOptions): Promise<VacuumReport> {
  const { nowMs, step = () => undefined } = options;
  const { metadata, protocol } = await table.refresh();
  checkWritable(protocol, metadata, table.store.location);
  const leastMs = deletedFileRetentionMs(metadata);
  const retentionMs = allowedRetention(options, leastMs);
  const listing = await table.store.list('', { recursive: true });
  const planned = planVacuum(await withPinned(table), listing, nowMs, retentionMs);
  if (options.dryRun || planned.length === 0) return reportOf(planned);
  await commitStep(table, {
    operation: 'VACUUM START',
    operationParameters: {
      retentionCheckEnabled: String(options.force !== true),
      defaultRetentionMillis: String(leastMs),
      specifiedRetentionMillis: String(retentionMs),
    },
    operationMetrics: {
      numFilesToDelete: String(planned.length),
      sizeOfDataToDelete: String(reportOf(planned).bytes),
    },
  });
  await step('vacuum:started');
  // Others may have brought files back since the plan was made: a restore, or a pin.
  const doomed = planVacuum(await withPinned(table), planned, nowMs, retentionMs);
  const removed: StoreEntry[] = [];
  try {
    await eachAtOnce(doomed, DELETES_AT_ONCE, async (entry) => {
      await table.store.delete(entry.name);
      removed.push(entry);
      await step('vacuum:deleted');
    });
  } catch (error) {
    // What went wrong first is what a person has to know.
    await commitEnd(table, 'FAILED', removed.length).catch(() => undefined);
    throw error;
  }
  await commitEnd(table, 'COMPLETED', removed.length);
  await step('vacuum:ended');
  return reportOf(removed);
}

/** The table with the files of its pinned versions among the live ones. */
async function withPinned(table: DeltaTable): Promise<Parameters<typeof planVacuum>[0]> {
  const { snapshot } = table;
  const files = new Map(snapshot.files);
  for (const version of await pinnedVersions(table.store)) {
    const pinned = await table.snapshotAt(version).catch((error: unknown) => {
      // Another program cleaned the log: what the version needed is not known any more.
      if (error instanceof LakeError && error.code === 'VERSION_NOT_FOUND') return undefined;
      throw error;
    });
    for (const [key, file] of pinned?.files ?? []) files.set(`${version}:${key}`, file);
  }
  return { ...snapshot, files };
}

function allowedRetention({ retentionMs, force }: VacuumOptions, leastMs: number): number {
  if (retentionMs === undefined) return leastMs;
  if (retentionMs >= leastMs || (force === true && retentionMs >= 0)) return retentionMs;
  throw new LakeError(
    'USAGE',
    "the retention is shorter than the table's; readers of older versions would fail",
    {
      hint: 'leave it out, or set `delta.deletedFileRetentionDuration` on the table',
    },
  );
}

function reportOf(entries: readonly StoreEntry[]): VacuumReport {
  return {
    files: entries.map(({ name }) => name),
    bytes: entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  };
}

function commitEnd(table: DeltaTable, status: 'COMPLETED' | 'FAILED', removed: number): Promise<void> {
  return commitStep(table, {
    operation: 'VACUUM END',
    operationParameters: { status },
    operationMetrics: { numDeletedFiles: String(removed), numVacuumedDirectories: '0' },
  });
}

/** Nothing may be removed that the log does not tell of: a lost race is tried once more on the table as it is now. */
async function commitStep(table: DeltaTable, request: Omit<CommitRequest, 'reads'>): Promise<void> {
  for (let attempt = 0; attempt < 2; attempt++) {
    const { kind } = await table.commit({ ...request, reads: 'nothing' });
    if (kind === 'committed') return;
  }
  throw new LakeError(
    'COMMIT_CONFLICT',
    `the table \`${table.store.location}\` changed while it was vacuumed`,
    {
      hint: 'it is safe to repeat',
    },
  );
}
