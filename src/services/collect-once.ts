/** One poll of a source, for cron: a poll collector that ends, and stores in this thread. */
import { LakeError, messageOf } from '../base/errors.ts';
import { SegmentCommitter } from '../ingest/commit/segment-committer.ts';
import type { Selection } from '../sources/poll-spec.ts';
import type { CollectorOptions } from './collector-options.ts';
import { IntervalSchedule } from './interval-schedule.ts';
import { PollCollector } from './poll-collector.ts';

export interface OnceOptions
  extends Pick<CollectorOptions, 'source' | 'network' | 'lake' | 'spool' | 'clock' | 'log'> {
  readonly selection: Selection;
  readonly signal: AbortSignal;
}

const NEVER_MS = 2 ** 31;

/** @returns rows stored, by table. @throws LakeError EXCHANGE_…, LAKE_…, DISK_FULL, or what keeps a table from taking it. */
export async function collectOnce({
  signal,
  ...options
}: OnceOptions): Promise<Readonly<Record<string, number>>> {
  const store = new SegmentCommitter(options.clock, [options.network.venue]);
  let trouble: unknown;
  const remember = (error: unknown): never => {
    trouble = error;
    throw error;
  };
  const collector = new PollCollector({
    ...options,
    ingest: {
      open: (target) => store.open(target).catch(remember),
      store: (...request) => store.store(...request).catch(remember),
    },
    flushMs: NEVER_MS,
    schedule: new IntervalSchedule({ ...options, intervalMs: NEVER_MS }),
    duplicateWindowMs: 0,
  });
  const left = await collector.once(signal);
  if (left > 0) throw notStored(trouble);
  return collector.status.rows;
}

function notStored(trouble: unknown): LakeError {
  const why = trouble === undefined ? 'it takes too long' : messageOf(trouble);
  const { code, hint } =
    trouble instanceof LakeError
      ? trouble
      : {
          code: trouble === undefined ? ('LAKE_UNWRITABLE' as const) : ('INTERNAL' as const),
          hint: undefined,
        };
  return new LakeError(code, `the answer is in the spool, but not yet in the tables: ${why}`, {
    hint: `${hint === undefined ? '' : `${hint}; `}the next \`once\` stores it first`,
    cause: trouble,
  });
}
