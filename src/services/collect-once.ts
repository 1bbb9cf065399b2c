/** One price collection, for cron: ask, spool, store, done. Queues behind another one of the same lake. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Clock } from '../base/clock.ts';
import { LakeError, messageOf } from '../base/errors.ts';
import { SegmentCommitter } from '../ingest/commit/segment-committer.ts';
import type { RestClient } from '../network/http/rest-client.ts';
import { TICKER_STREAM, type TickerSelection } from '../sources/binance/ticker-request.ts';
import { addReport, createStatus } from './collector-status.ts';
import { pollTickers } from './prices-service.ts';
import { SourceCollector } from './source-collector.ts';

export interface OnceOptions {
  readonly lake: string;
  readonly spool: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly rest: RestClient;
  readonly spotRestUrl: string;
  readonly selection: TickerSelection;
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
  const { clock, rest, spotRestUrl, selection, signal } = options;
  const status = createStatus('once', clock.nowUs());
  const store = new SegmentCommitter(clock);
  let trouble: unknown;
  const collector = await SourceCollector.open({
    ...options,
    source: 'once',
    ingest: {
      open: (target) => store.open(target),
      store: (...request) =>
        store.store(...request).catch((error: unknown) => {
          trouble = error;
          throw error;
        }),
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
    const record = await pollTickers(rest, spotRestUrl, selection, startedAtUs, signal);
    writing = collector.append(record);
    const timeUp = new AbortController();
    await Promise.race([writing, sleep(SPOOL_MS, undefined, { signal: timeUp.signal })]).finally(() =>
      timeUp.abort(),
    );
  } catch (error) {
    const endedAtUs = clock.nowUs();
    const failure = {
      stream: TICKER_STREAM,
      scheduledAtUs: startedAtUs,
      endedAtUs,
      reason: messageOf(error),
      missed: 1,
    };
    collector.event('rest', { type: 'poll_failed', ...failure });
    throw error;
  } finally {
    left = await collector.close(STORE_MS);
  }
  // Closing ends the tries: what the disk has against it is told now.
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
