/** Compacts a table: partition by partition, one commit each, never blocking a writer. */

import { randomUUID } from 'node:crypto';
import { LakeError } from '../../base/errors.ts';
import { shellQuote } from '../../base/shell-quote.ts';
import type { DeltaTable } from '../../delta/delta-table.ts';
import { decodePath } from '../../delta/format/file-path.ts';
import { checkWritable } from '../../delta/format/protocol-support.ts';
import { NAN_TAGS, totalRows } from '../../delta/format/stats.ts';
import { statsColumns } from '../../delta/format/stats-columns.ts';
import type { AddFile } from '../../delta/log/actions.ts';
import { canonicalJson } from '../../delta/log/json.ts';
import { removeFile } from '../../delta/log/remove-file.ts';
import { MERGED_TAG, type PartitionPlan, planCompaction, type SkippedPartition } from './plan-compaction.ts';
import { type Curve, type RewriteRequest, rewriteFiles } from './rewrite-files.ts';

export interface CompactOptions {
  readonly clusterBy: readonly string[];
  readonly curve: Curve;
  readonly targetBytes: number;
  /** Those of most tables when not given. */
  readonly rowGroupRows?: number | undefined;
  readonly memoryBytes: number;
  /** Where a sort puts what does not fit into memory, in the order of preference; else TMPDIR. */
  readonly scratchPlaces?: readonly string[];
  /** How much of a table on an object store may lie on this machine meanwhile. */
  readonly localBytes?: number;
  readonly nowMs: number;
  readonly all: boolean;
  readonly only: string | undefined;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  /** Called before each partition. */
  readonly onPartition?: (progress: CompactProgress) => void;
  readonly step?: (name: string) => void | Promise<void>;
}

export interface CompactProgress {
  readonly done: number;
  readonly planned: number;
  /** Of the files that are read. */
  readonly bytesDone: () => number;
  readonly bytesPlanned: number;
}

export interface CompactedPartition {
  readonly partition: string | null;
  readonly mode: 'merge' | 'sort';
  readonly filesBefore: number;
  readonly filesAfter: number;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  readonly rows: number;
  readonly seconds: number;
}

export interface CompactReport {
  readonly done: readonly CompactedPartition[];
  readonly skipped: readonly SkippedPartition[];
  readonly failed: ReadonlyArray<{ readonly partition: string | null; readonly error: LakeError }>;
}

/** Sorting and writing, of which DuckDB tells nothing, take about as long as reading. */
const READING_SHARE = 0.5;
/** A partition that others touched is planned again, this often. */
const MAX_PLANS = 3;

/** @throws LakeError TABLE_UNSUPPORTED, USAGE. */
export async function compactTable(table: DeltaTable, options: CompactOptions): Promise<CompactReport> {
  const snapshot = await table.refresh();
  checkWritable(snapshot.protocol, snapshot.metadata, table.store.location);
  checkColumns(table, options.clusterBy);
  const plan = planOf(table, options);
  const done: CompactedPartition[] = [];
  const skipped = [...plan.skipped];
  const failed: { partition: string | null; error: LakeError }[] = [];
  const bytesPlanned = bytesOf(plan.work.flatMap(({ inputs }) => inputs));
  let bytesDone = 0;
  for (const [index, work] of plan.work.entries()) {
    options.signal.throwIfAborted();
    const before = bytesDone;
    const bytes = bytesOf(work.inputs);
    bytesDone += bytes;
    const rows = totalRows(work.inputs) ?? 0;
    let rowsRead = () => 0;
    options.onPartition?.({
      done: index,
      planned: plan.work.length,
      bytesDone: () => before + (rows > 0 ? (bytes * READING_SHARE * rowsRead()) / rows : 0),
      bytesPlanned,
    });
    const onStart = (tell: typeof rowsRead) => {
      rowsRead = tell;
    };
    if (options.dryRun) {
      done.push(summary(work, [], 0, 0));
      continue;
    }
    try {
      const compacted = await compactPartition(table, work, { ...options, onStart });
      if (compacted) done.push(compacted);
      else
        skipped.push({
          partition: work.partition,
          reason: 'is being changed by others; the next run tries again',
        });
    } catch (error) {
      if (!(error instanceof LakeError)) throw error;
      failed.push({ partition: work.partition, error });
    }
  }
  return { done, skipped, failed };
}

function planOf(table: DeltaTable, options: CompactOptions) {
  const { files, partitionColumns } = table.snapshot;
  return planCompaction({ ...options, files: [...files.values()], partitionColumns });
}

async function compactPartition(
  table: DeltaTable,
  first: PartitionPlan,
  options: CompactOptions & Pick<RewriteRequest, 'onStart'>,
): Promise<CompactedPartition | undefined> {
  let work: PartitionPlan | undefined = first;
  for (let attempt = 0; attempt < MAX_PLANS && work !== undefined; attempt++) {
    const startedMs = performance.now();
    const { snapshot, store } = table;
    const tags: Record<string, string> = {
      ...NAN_TAGS,
      ...(work.mode === 'sort'
        ? {
            ZCUBE_ID: randomUUID(),
            ZCUBE_ZORDER_BY: JSON.stringify(options.clusterBy),
            ZCUBE_ZORDER_CURVE: options.curve,
          }
        : { [MERGED_TAG]: 'true' }),
    };
    const { adds, rows } = await rewriteFiles({
      ...options,
      store,
      schema: snapshot.schema,
      partitionColumns: snapshot.partitionColumns,
      indexed: statsColumns(snapshot.metadata),
      inputs: work.inputs,
      orderBy: work.mode === 'sort' ? options.clusterBy : [],
      tags,
    });
    await options.step?.('compact:proved');
    const outcome = await table.commit({
      operation: 'OPTIMIZE',
      operationParameters: {
        predicate: '[]',
        zOrderBy: JSON.stringify(work.mode === 'sort' ? options.clusterBy : []),
        clusterBy: '[]',
        auto: 'false',
      },
      operationMetrics: metricsOf(work.inputs, adds),
      adds,
      removes: work.inputs.map((add) => removeFile(add, options.nowMs, false)),
      reads: 'removed-files',
    });
    if (outcome.kind === 'committed') {
      await options.step?.('compact:committed');
      return summary(work, adds, rows, (performance.now() - startedMs) / 1000);
    }
    for (const { path } of adds) await store.delete(decodePath(path));
    const [lost]: readonly AddFile[] = work.inputs;
    work = planOf(table, options).work.find(({ inputs: [other] }) => isSamePartition(lost, other));
  }
  return undefined;
}

function isSamePartition(a: AddFile | undefined, b: AddFile | undefined): boolean {
  return canonicalJson(a?.partitionValues) === canonicalJson(b?.partitionValues);
}

function summary(
  { partition, mode, inputs }: PartitionPlan,
  adds: readonly AddFile[],
  rows: number,
  seconds: number,
): CompactedPartition {
  return {
    partition,
    mode,
    filesBefore: inputs.length,
    filesAfter: adds.length,
    bytesBefore: bytesOf(inputs),
    bytesAfter: bytesOf(adds),
    rows,
    seconds: Math.round(seconds * 1000) / 1000,
  };
}

function metricsOf(inputs: readonly AddFile[], adds: readonly AddFile[]): Record<string, string> {
  const sizes = adds.map(({ size }) => Number(size)).sort((a, b) => a - b);
  const at = (share: number) =>
    String(sizes[Math.min(sizes.length - 1, Math.floor(sizes.length * share))] ?? 0);
  return {
    numAddedFiles: String(adds.length),
    numRemovedFiles: String(inputs.length),
    numAddedBytes: String(bytesOf(adds)),
    numRemovedBytes: String(bytesOf(inputs)),
    minFileSize: at(0),
    p25FileSize: at(0.25),
    p50FileSize: at(0.5),
    p75FileSize: at(0.75),
    maxFileSize: at(1),
    numDeletionVectorsRemoved: '0',
  };
}

function bytesOf(files: readonly AddFile[]): number {
  return files.reduce((sum, { size }) => sum + Number(size), 0);
}

function checkColumns({ snapshot, store }: DeltaTable, clusterBy: readonly string[]): void {
  for (const column of clusterBy) {
    const isThere = snapshot.schema.fields.some(({ name }) => name === column);
    if (isThere && !snapshot.partitionColumns.includes(column)) continue;
    throw new LakeError(
      'USAGE',
      `\`${column}\` cannot be a clustering column: ${isThere ? 'the table is partitioned by it' : 'the table has no such column'}`,
      {
        hint: `see its columns with \`crypto-lake tables ${shellQuote(store.location)}\``,
      },
    );
  }
}
