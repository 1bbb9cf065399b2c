/** A collector from its lock to its last commit: what all of them do around their own work. */
import type { CollectorOptions } from './collector-options.ts';
import { addReport, type CollectorStatus, setState } from './collector-status.ts';
import { SourceCollector, type SourceCollectorOptions } from './source-collector.ts';

export interface RunCollectorOptions
  extends CollectorOptions,
    Pick<SourceCollectorOptions, 'carry' | 'onClosed' | 'onStored' | 'onHeld'> {
  readonly status: CollectorStatus;
}

const DRAIN_MS = 10_000;

/**
 * Opens the source, works until `work` ends, and stores what is in hand.
 * @param work ends soon after its signal: it was asked to, or the source is no longer ours.
 * @throws LakeError LAKE_LOCKED, LAKE_UNWRITABLE, TABLE_UNSUPPORTED, TABLE_SCHEMA, or what `work` throws.
 */
export async function runCollector(
  options: RunCollectorOptions,
  signal: AbortSignal,
  work: (collector: SourceCollector, stop: AbortSignal) => Promise<void>,
): Promise<void> {
  const { status, clock, log, source } = options;
  const collector = await SourceCollector.open({
    ...options,
    lockWaitMs: 0,
    onStored: (report) => {
      addReport(status, report);
      options.onStored?.(report);
      const rows = report.rows[status.table] ?? 0;
      log.info({ source: source.id, rows, duplicates: report.duplicates, segment: report.segment }, 'stored');
    },
  });
  try {
    await work(collector, AbortSignal.any([signal, collector.ended]));
  } finally {
    setState(status, 'draining', clock.nowUs());
    const left = await collector.close(DRAIN_MS);
    status.backlog = left;
    if (left > 0)
      log.warn({ segments: left }, 'not everything is in the tables yet: the next start goes on with it');
  }
  if (!signal.aborted) collector.ended.throwIfAborted();
}
