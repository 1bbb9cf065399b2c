/** What upkeep did, as lines for a person. */
import { elapsedText } from '../../base/duration.ts';
import { sizeText } from '../../base/size.ts';
import type { CompactedPartition, CompactReport } from '../../upkeep/compaction/compact-table.ts';
import type { MaintainEvent } from '../../upkeep/maintain-lake.ts';

export interface EventTextOptions {
  readonly dryRun: boolean;
  /** Nothing but a vacuum was asked for. */
  readonly isVacuum: boolean;
  /** The partition that was asked for. */
  readonly day: string | undefined;
}

export function eventLines(event: MaintainEvent, options: EventTextOptions): string[] {
  const { table } = event;
  switch (event.kind) {
    case 'compacted':
      return compactedLines(table, event.report, options);
    case 'checkpointed':
      return [`${table}: checkpoint of version ${event.version}`];
    case 'cleaned':
      return [`${table}: ${event.logFiles} old log files removed`];
    case 'vacuumed': {
      const { files, bytes } = event;
      const done = options.dryRun ? 'would be removed' : 'removed';
      if (files > 0) return [`${table}: ${files} unneeded files, ${sizeText(bytes)}, ${done}`];
      return options.isVacuum ? [`${table}: nothing to remove`] : [];
    }
    case 'skipped':
      return [`${table}: left alone: ${event.reason}`];
    case 'failed':
      return [`${table}: ${event.error.message}`];
  }
}

function compactedLines(
  table: string,
  { done, failed, skipped }: CompactReport,
  { dryRun, day }: EventTextOptions,
): string[] {
  const lines = done.map((partition) => partitionLine(table, partition, dryRun));
  if (done.length > 0 || failed.length > 0) return lines;
  const [last] = skipped.slice(-1);
  if (last === undefined && day !== undefined) return [`${table}: it has no partition ${day}`];
  return [`${table}: nothing to do${last ? `: ${last.partition ?? 'it'} ${last.reason}` : ''}`];
}

function partitionLine(table: string, partition: CompactedPartition, dryRun: boolean): string {
  const { mode, filesBefore, filesAfter, bytesBefore, bytesAfter, rows, seconds } = partition;
  const place = partition.partition === null ? table : `${table} ${partition.partition}`;
  if (dryRun) return `${place}: would ${mode} ${filesBefore} files, ${sizeText(bytesBefore)}`;
  const sizes = `${sizeText(bytesBefore)} → ${sizeText(bytesAfter)}`;
  const verb = mode === 'sort' ? 'sorted' : 'merged';
  return `${place}: ${verb} ${filesBefore} files → ${filesAfter}, ${sizes}, ${rows.toLocaleString('en')} rows, ${elapsedText(seconds * 1000)}`;
}
