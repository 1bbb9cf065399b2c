/** One price collection, for cron: ask, spool, store, done. Queues behind another one of the same lake. */
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { RestClient } from '../connections/rest-client.ts';
import { TICKER_STREAM, type TickerSelection } from '../connections/ticker-request.ts';
import { LakeError, messageOf } from '../errors.ts';
import { addReport, createStatus } from './collector-status.ts';
import { pollTickers } from './prices-service.ts';
import { SegmentStore } from './segment-store.ts';
import { SourceCollector } from './source-collector.ts';

export interface OnceOptions {
  readonly lake: string;
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
const NEVER_MS = 2 ** 31;

/** @returns rows stored, by table. @throws LakeError EXCHANGE_…, LAKE_…, DISK_FULL. */
export async function collectOnce(options: OnceOptions): Promise<Readonly<Record<string, number>>> {
  const { clock, rest, spotRestUrl, selection, signal } = options;
  const status = createStatus('once', clock.nowUs());
  const collector = await SourceCollector.open({
    ...options,
    source: 'once',
    ingest: new SegmentStore(clock),
    status,
    flushMs: NEVER_MS,
    duplicateWindowMs: 0,
    lockWaitMs: LOCK_WAIT_MS,
    onStored: (report) => addReport(status, report),
    carry: () => ({ connections: [] }),
  });
  const startedAtUs = clock.nowUs();
  let left: number;
  try {
    const record = await pollTickers(rest, spotRestUrl, selection, startedAtUs, signal);
    // The spool retries a refusing disk for ever; a cron job should not.
    await Promise.race([collector.append(record), diskDeadline()]);
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
  if (left > 0) {
    throw new LakeError('DISK_FULL', 'the answer is in the spool, but the tables could not take it', {
      hint: 'see the log above; the next run stores it first',
    });
  }
  return status.rows;
}

async function diskDeadline(): Promise<never> {
  await new Promise((resolve) => setTimeout(resolve, 10_000).unref());
  throw new LakeError('DISK_FULL', 'the spool could not be written for 10 s', {
    hint: 'make room on the disk of the lake',
  });
}
