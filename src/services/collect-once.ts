/** One poll of a source, for cron: ask, spool, store, done. Queues behind another one of the same lake. */
import { setTimeout as sleep } from 'node:timers/promises';
import { LakeError, messageOf } from '../base/errors.ts';
import { SegmentCommitter } from '../ingest/commit/segment-committer.ts';
import type { Selection } from '../sources/poll-spec.ts';
import type { CollectorOptions } from './collector-options.ts';
import { addReport, createStatus } from './collector-status.ts';
import { KnownSymbols } from './known-symbols.ts';
import { POLL_CONNECTION } from './poll-source.ts';
import { SourceCollector } from './source-collector.ts';

export interface OnceOptions
  extends Pick<CollectorOptions, 'source' | 'network' | 'lake' | 'spool' | 'clock' | 'log'> {
  readonly selection: Selection;
  readonly signal: AbortSignal;
}

/** Another `once` is over in seconds. */
const LOCK_WAIT_MS = 30_000;
const STORE_MS = 60_000;
/** The spool tries a disk that refuses again for ever; a cron job should not. */
const SPOOL_MS = 10_000;
const NEVER_MS = 2 ** 31;

/** @returns rows stored, by table. @throws LakeError EXCHANGE_…, LAKE_…, DISK_FULL, or what keeps a table from taking it. */
export async function collectOnce(options: OnceOptions): Promise<Readonly<Record<string, number>>> {
  const { source, network, clock, log, selection, signal } = options;
  const { poll } = source;
  if (poll === undefined) throw new TypeError(`${source.id} cannot be polled`);
  const status = createStatus(source, clock.nowUs());
  const store = new SegmentCommitter(clock, [network.venue]);
  let trouble: unknown;
  const remember = (error: unknown): never => {
    trouble = error;
    throw error;
  };
  const collector = await SourceCollector.open({
    ...options,
    ingest: {
      open: (target) => store.open(target).catch(remember),
      store: (...request) => store.store(...request).catch(remember),
    },
    status,
    flushMs: NEVER_MS,
    duplicateWindowMs: 0,
    lockWaitMs: LOCK_WAIT_MS,
    onStored: (report) => addReport(status, report),
    carry: () => ({ connections: [] }),
  });
  const startedAtUs = clock.nowUs();
  let left: number;
  let writing: Promise<void> | undefined;
  try {
    // What could never be stored is not asked for.
    await collector.whenOpened();
    const symbols = new KnownSymbols({ poll, network, selection, clock, log });
    for await (const { record } of symbols.poll(startedAtUs, signal)) {
      writing = collector.append(record);
      const timeUp = new AbortController();
      await Promise.race([writing, sleep(SPOOL_MS, undefined, { signal: timeUp.signal })]).finally(() =>
        timeUp.abort(),
      );
    }
  } catch (error) {
    const failure = { scheduledAtUs: startedAtUs, endedAtUs: clock.nowUs(), reason: messageOf(error) };
    collector.event(POLL_CONNECTION, { type: 'poll_failed', stream: poll.stream, ...failure, missed: 1 });
    throw error;
  } finally {
    left = await collector.close(STORE_MS);
  }
  // Closing ends the tries: what the disk has against it shows now.
  await writing;
  if (left > 0) throw notStored(trouble);
  return status.rows;
}

function notStored(trouble: unknown): LakeError {
  const why = trouble === undefined ? `it takes longer than ${STORE_MS / 1000} s` : messageOf(trouble);
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
