/** Polls 24 h tickers on the wall clock; each answer goes to the spool as it came, each failure as an event. */
import { once } from 'node:events';
import type { Logger } from 'pino';
import type { Clock } from '../base/clock.ts';
import { LakeError, messageOf } from '../base/errors.ts';
import type { Ingest } from '../ingest/commit/ingest-job.ts';
import { pollTicks, type Tick } from '../network/http/poll-schedule.ts';
import type { RestClient } from '../network/http/rest-client.ts';
import { watchClockOffset } from '../sources/binance/clock-offset-task.ts';
import {
  keepsNothing,
  TICKER_STREAM,
  type TickerSelection,
  tickerRequest,
} from '../sources/binance/ticker-request.ts';
import type { PollInfo, SpoolRecord } from '../spool/segments/record.ts';
import { addReport, type CollectorStatus, createStatus, setState } from './collector-status.ts';
import type { Service } from './service.ts';
import { SourceCollector } from './source-collector.ts';

export interface PricesOptions {
  readonly lake: string;
  readonly spool: string;
  readonly ingest: Ingest;
  readonly clock: Clock;
  readonly log: Logger;
  readonly rest: RestClient;
  readonly spotRestUrl: string;
  /** Tells the time of the exchange. */
  readonly futuresRestUrl: string;
  readonly selection: TickerSelection;
  readonly intervalMs: number;
  readonly flushMs: number;
  readonly duplicateWindowMs: number;
}

const CONNECTION = 'rest';
const DRAIN_MS = 10_000;

export class PricesService implements Service {
  readonly name = 'prices';
  readonly status: CollectorStatus;
  readonly #options: PricesOptions;
  #hasWorked = false;
  #clockOffsetUs: number | undefined;

  constructor(options: PricesOptions) {
    this.#options = options;
    this.status = createStatus('prices', options.clock.nowUs());
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, rest, futuresRestUrl, intervalMs } = this.#options;
    const collector = await SourceCollector.open({
      ...this.#options,
      source: 'prices',
      lockWaitMs: 0,
      status: this.status,
      onStored: (report) => {
        addReport(this.status, report);
        log.info({ rows: report.rows.prices ?? 0, segment: report.segment }, 'stored');
      },
      carry: () => ({
        connections: [],
        ...(this.#clockOffsetUs === undefined ? {} : { clockOffsetUs: this.#clockOffsetUs }),
      }),
    });
    setState(this.status, 'waiting for the next poll', clock.nowUs());
    const ended = new AbortController();
    const stop = AbortSignal.any([signal, collector.lost]);
    const clockWatch = watchClockOffset({
      source: 'prices',
      rest,
      futuresRestUrl,
      log,
      signal: AbortSignal.any([stop, ended.signal]),
      collector,
      onOffset: (offsetUs) => {
        this.#clockOffsetUs = offsetUs;
      },
    });
    try {
      for await (const tick of pollTicks(clock, intervalMs, stop)) {
        if (tick.missed > 0) this.#recordMissed(collector, tick);
        await this.#poll(collector, tick, stop);
      }
      collector.lost.throwIfAborted();
    } finally {
      ended.abort();
      await clockWatch;
      setState(this.status, 'draining', clock.nowUs());
      const left = await collector.close(DRAIN_MS);
      this.status.backlog = left;
      if (left > 0)
        log.warn({ segments: left }, 'not everything is in the tables yet: the next start goes on with it');
    }
  }

  async #poll(collector: SourceCollector, { scheduledAtUs }: Tick, signal: AbortSignal): Promise<void> {
    const { clock, log, rest, spotRestUrl, selection, intervalMs } = this.#options;
    // A poll must be over before the next one is due.
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(Math.max(1500, intervalMs * 0.9))]);
    try {
      const record = await pollTickers(rest, spotRestUrl, selection, scheduledAtUs, inTime);
      await untilAborted(collector.append(record), signal);
      this.#tellNothingKept(record.payload);
      this.#hasWorked = true;
      this.status.frames++;
      setState(this.status, 'polling', clock.nowUs());
    } catch (error) {
      if (signal.aborted) return;
      const reason = inTime.aborted ? 'no answer before the next poll' : messageOf(error);
      log.warn(`poll failed: ${reason}`);
      setState(this.status, 'failing', clock.nowUs());
      collector.event(CONNECTION, {
        type: 'poll_failed',
        stream: TICKER_STREAM,
        scheduledAtUs,
        endedAtUs: clock.nowUs(),
        reason,
        missed: 1,
      });
      if (!this.#hasWorked && error instanceof LakeError && error.code === 'EXCHANGE_BLOCKED') throw error;
    }
  }

  #tellNothingKept(payload: Uint8Array): void {
    const { log, selection } = this.#options;
    if (this.#hasWorked || !keepsNothing(bodyOf(payload), selection)) return;
    log.warn(selection, 'no pair of the answer is one of these: nothing is stored; `--all` takes every pair');
  }

  #recordMissed(collector: SourceCollector, { missed, firstMissedAtUs, scheduledAtUs }: Tick): void {
    this.#options.log.warn({ missed }, 'polls were missed: the machine slept, or an answer took too long');
    collector.event(CONNECTION, {
      type: 'poll_failed',
      stream: TICKER_STREAM,
      scheduledAtUs: firstMissedAtUs,
      endedAtUs: scheduledAtUs,
      reason: 'missed',
      missed,
    });
  }
}

/** A disk that refuses must not hold up the end: closing the spool writes what waits, or gives it up. */
async function untilAborted(writing: Promise<void>, signal: AbortSignal): Promise<void> {
  const written = new AbortController();
  try {
    await Promise.race([writing, once(signal, 'abort', { signal: written.signal })]);
  } finally {
    written.abort();
  }
}

/** Behind the line that says what was asked for. */
function bodyOf(payload: Uint8Array): string {
  const text = Buffer.from(payload).toString();
  return text.slice(text.indexOf('\n'));
}

/** Asks once for tickers. @returns the record for the spool. @throws LakeError EXCHANGE_… */
export async function pollTickers(
  rest: RestClient,
  baseUrl: string,
  selection: TickerSelection,
  scheduledAtUs: number,
  signal: AbortSignal,
): Promise<SpoolRecord> {
  const { url, weight, keep } = tickerRequest(baseUrl, selection);
  const { body, startedAtUs, receivedAtUs } = await rest.get(url, weight, signal);
  const info: PollInfo = {
    market: 'spot',
    stream: TICKER_STREAM,
    scheduledAtUs,
    startedAtUs,
    ...(keep ? { keep } : {}),
  };
  return {
    kind: 'response',
    receivedAtUs,
    connection: CONNECTION,
    payload: Buffer.from(`${JSON.stringify({ request: info })}\n${body}`),
  };
}
