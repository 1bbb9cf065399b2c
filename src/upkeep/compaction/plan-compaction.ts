/**
 * Which files of which partition are rewritten, and why not the others. Pure.
 *
 * A day (month, year) that may still get rows only has small files merged, and only those of hours that are over, so that a row is
 * rewritten a few times at most. A closed one is sorted once and tagged; it is left alone until new files appear in it.
 */
import { partitionValueOf } from '../../delta/format/partition-value.ts';
import type { AddFile } from '../../delta/log/actions.ts';
import { partitionEndMs } from '../../lake/timeframe.ts';

/** Late events may be this old; until then a day counts as open. */
const LATE_MS = 26 * 3_600_000;
const HOUR_MS = 3_600_000;
/** Files of this share of the target are no longer merged in an open day. */
const SMALL_SHARE = 0.125;
/** Merged hours are merged again when there are more. */
const MANY_HOURS = 24;

export interface CompactionPlanOptions {
  readonly files: readonly AddFile[];
  readonly partitionColumns: readonly string[];
  readonly clusterBy: readonly string[];
  readonly curve: string;
  readonly targetBytes: number;
  readonly nowMs: number;
  /** Rewrites what is done already, too. */
  readonly all: boolean;
  /** Only this partition. */
  readonly only: string | undefined;
}

export interface PartitionPlan {
  /** Values of the partition columns, `/` between them; null for a table without. */
  readonly partition: string | null;
  readonly mode: 'merge' | 'sort';
  readonly inputs: readonly AddFile[];
}

export interface SkippedPartition {
  readonly partition: string | null;
  readonly reason: string;
}

export interface CompactionPlan {
  readonly work: readonly PartitionPlan[];
  readonly skipped: readonly SkippedPartition[];
}

export function planCompaction(options: CompactionPlanOptions): CompactionPlan {
  const partitions = new Map<string, { readonly values: (string | null)[]; readonly files: AddFile[] }>();
  for (const add of options.files) {
    const values = options.partitionColumns.map((column) => partitionValueOf(add, column));
    const key = JSON.stringify(values);
    const group = partitions.get(key) ?? { values, files: [] };
    group.files.push(add);
    partitions.set(key, group);
  }
  const work: PartitionPlan[] = [];
  const skipped: SkippedPartition[] = [];
  for (const [, { values, files }] of [...partitions].sort(([a], [b]) => a.localeCompare(b))) {
    if (options.only !== undefined && !values.includes(options.only)) continue;
    const partition = values.length > 1 ? values.join('/') : (values[0] ?? null);
    const planned =
      options.all || isClosed(files[0]?.partitionValues ?? {}, options.nowMs)
        ? planSort(files, options)
        : planMerge(files, options);
    if (typeof planned === 'string') skipped.push({ partition, reason: planned });
    else work.push({ partition, ...planned });
  }
  return { work, skipped };
}

/** What is not a span of time is always closed. */
function isClosed(values: AddFile['partitionValues'], nowMs: number): boolean {
  const endMs = partitionEndMs(values);
  return endMs === undefined || endMs + LATE_MS <= nowMs;
}

type Planned = { readonly mode: 'merge' | 'sort'; readonly inputs: readonly AddFile[] } | string;

function planSort(files: readonly AddFile[], { clusterBy, curve, all }: CompactionPlanOptions): Planned {
  const isDone = files.every(
    ({ tags }) => tags?.ZCUBE_ZORDER_BY === JSON.stringify(clusterBy) && tags.ZCUBE_ZORDER_CURVE === curve,
  );
  const cubes = new Set(files.map(({ tags }) => tags?.ZCUBE_ID));
  if (isDone && cubes.size <= 1 && !all) return 'is sorted already';
  if (files.length < 2 && clusterBy.length === 0) return 'has one file';
  return { mode: 'sort', inputs: files };
}

function planMerge(files: readonly AddFile[], { targetBytes, nowMs }: CompactionPlanOptions): Planned {
  const small = files.filter(
    ({ size, tags }) => Number(size) < targetBytes * SMALL_SHARE && tags?.ZCUBE_ID === undefined,
  );
  const hourStart = Math.floor(nowMs / HOUR_MS) * HOUR_MS;
  const fresh = small.filter((add) => !isMerged(add) && Number(add.modificationTime) < hourStart);
  const merged = small.filter(isMerged);
  const inputs = merged.length >= MANY_HOURS ? [...merged, ...fresh] : fresh;
  return inputs.length < 2 ? 'has no small files of finished hours' : { mode: 'merge', inputs };
}

/** Our own outputs carry a tag, so that an hour is merged once. */
function isMerged({ tags }: AddFile): boolean {
  return tags?.[MERGED_TAG] !== undefined;
}

export const MERGED_TAG = 'CRYPTO_LAKE_MERGED';
