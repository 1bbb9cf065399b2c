/**
 * Upkeep of a lake, table by table: merge and sort, checkpoint, clean the log, vacuum; each by the table's own
 * properties. A table that others put into the lake is theirs: it is left alone unless it is named.
 */

import { LakeError } from '../base/errors.ts';
import { joinLocation } from '../base/location.ts';
import { writeCheckpoint } from '../delta/checkpoint/write-checkpoint.ts';
import type { DeltaTable } from '../delta/delta-table.ts';
import { cleanUpLog } from '../delta/maintenance/log-cleanup.ts';
import { vacuumTable } from '../delta/maintenance/vacuum.ts';
import { noTable } from '../lake/find-table.ts';
import { listTables } from '../lake/lake-catalog.ts';
import { openTable } from '../lake/open-table.ts';
import { LAKE_TABLES } from '../lake/registry.ts';
import type { LakeTable } from '../lake/table.ts';
import { type CompactOptions, type CompactReport, compactTable } from './compaction/compact-table.ts';

export type MaintainEvent = { readonly table: string } & (
  | { readonly kind: 'compacted'; readonly report: CompactReport }
  | { readonly kind: 'checkpointed'; readonly version: number }
  | { readonly kind: 'cleaned'; readonly logFiles: number }
  | { readonly kind: 'vacuumed'; readonly files: number; readonly bytes: number }
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'failed'; readonly error: LakeError }
);

type OnPartition = NonNullable<CompactOptions['onPartition']>;

export interface MaintainOptions
  extends Omit<CompactOptions, 'clusterBy' | 'curve' | 'onPartition' | 'step'> {
  readonly lake: string;
  /** Undefined: all of the lake's own. */
  readonly names: readonly string[] | undefined;
  /** Columns for a Z-order curve instead of the table's own order. */
  readonly zorder: readonly string[] | undefined;
  readonly vacuumOnly: boolean;
  readonly onEvent: (event: MaintainEvent) => void;
  /** Around the compaction of a table, which may take long; gets what is reported before each partition. */
  readonly watch: <T>(table: string, work: (onPartition: OnPartition) => Promise<T>) => Promise<T>;
}

/**
 * One table that cannot be kept does not keep the others from it.
 *
 * @returns the first error. @throws LakeError TABLE_NOT_FOUND for a name that the lake does not have.
 */
export async function maintainLake(options: MaintainOptions): Promise<LakeError | undefined> {
  const { lake, names, onEvent, signal } = options;
  const own = LAKE_TABLES.map(({ name }) => name);
  const there = await listTables(lake, own);
  for (const name of names ?? []) if (!there.includes(name)) throw noTable(name, there);
  const wanted = names === undefined ? there.filter((name) => own.includes(name)) : [...new Set(names)];
  for (const table of there.filter((name) => names === undefined && !own.includes(name)))
    onEvent({ table, kind: 'skipped', reason: `it is not crypto-lake's own; \`--table ${table}\` takes it` });
  let failure: LakeError | undefined;
  /** Tables that have no column of `zorder`; when that is all of them, it is an error. */
  let unsuited = 0;
  for (const table of wanted) {
    signal.throwIfAborted();
    try {
      await maintainTable(options, table);
    } catch (error) {
      if (!(error instanceof LakeError)) throw error;
      const isUnsuited = error.code === 'USAGE' && ++unsuited < wanted.length;
      // Another engine may have given a table features that only it writes.
      const isUnwritable = error.code === 'TABLE_UNSUPPORTED' && names === undefined;
      if (isUnsuited || isUnwritable) onEvent({ table, kind: 'skipped', reason: error.message });
      else onEvent({ table, kind: 'failed', error });
      if (!isUnsuited && !isUnwritable) failure ??= error;
    }
  }
  return failure;
}

async function maintainTable(options: MaintainOptions, name: string): Promise<void> {
  const { lake, nowMs, dryRun, zorder, watch, onEvent } = options;
  const table = await openTable(joinLocation(lake, name));
  if (options.vacuumOnly) return vacuum(options, table, name);
  const own = LAKE_TABLES.find((candidate) => candidate.name === name);
  const clusterBy = zorder ?? ownClustering(table, own);
  // One column after the other is best for the table's own: a symbol's rows lie together in time.
  const curve = zorder !== undefined && zorder.length > 1 ? 'zorder' : 'none';
  const report = await watch(name, (onPartition) =>
    compactTable(table, { ...options, clusterBy, curve, rowGroupRows: own?.rowGroupRows, onPartition }),
  );
  onEvent({ table: name, kind: 'compacted', report });
  const [first] = report.failed;
  if (first) throw first.error;
  if (dryRun) return;
  const version = await writeCheckpoint(table, { nowMs });
  const cleaned = await cleanUpLog(table, nowMs);
  if (version !== undefined) onEvent({ table: name, kind: 'checkpointed', version });
  if (cleaned.length > 0) onEvent({ table: name, kind: 'cleaned', logFiles: cleaned.length });
  await vacuum(options, table, name);
}

/** A table of the user's that has the name of one of ours need not have its columns. */
function ownClustering({ snapshot }: DeltaTable, table: LakeTable | undefined): readonly string[] {
  const own = table?.clusterBy ?? [];
  const fields = new Set(snapshot.schema.fields.map((field) => field.name));
  return own.filter((column) => fields.has(column) && !snapshot.partitionColumns.includes(column));
}

async function vacuum(
  { nowMs, dryRun, onEvent }: MaintainOptions,
  table: DeltaTable,
  name: string,
): Promise<void> {
  const { files, bytes } = await vacuumTable(table, { nowMs, dryRun });
  onEvent({ table: name, kind: 'vacuumed', files: files.length, bytes });
}
