/** Asks for all of a source at each whole multiple of an interval; what failed or never ran becomes an event. */
import type { Logger } from 'pino';
import type { Clock } from '../base/clock.ts';
import { LakeError, messageOf } from '../base/errors.ts';
import { untilAborted } from '../base/until-aborted.ts';
import { pollTicks, type Tick } from '../network/http/poll-schedule.ts';
import type { PollSpec, Selection } from '../sources/poll-spec.ts';
import type { Source } from '../sources/source.ts';
import { type CollectorStatus, setState } from './collector-status.ts';
import { KnownSymbols } from './known-symbols.ts';
import type { PollSchedule, PollSpool } from './poll-collector.ts';
import { POLL_CONNECTION } from './poll-source.ts';
import type { VenueNetwork } from './venue-network.ts';

export interface IntervalScheduleOptions {
  readonly source: Source;
  readonly network: VenueNetwork;
  readonly clock: Clock;
  readonly log: Logger;
  readonly selection: Selection;
  readonly intervalMs: number;
}

const LEAST_POLL_MS = 1500;
/** A poll must be over before the next one is due. */
const POLL_SHARE = 0.9;

export class IntervalSchedule implements PollSchedule {
  readonly #options: IntervalScheduleOptions;
  readonly #poll: PollSpec;
  readonly #symbols: KnownSymbols;
  #hasWorked = false;

  constructor(options: IntervalScheduleOptions) {
    const { poll, id } = options.source;
    if (poll === undefined) throw new TypeError(`${id} cannot be polled`);
    this.#options = options;
    this.#poll = poll;
    this.#symbols = new KnownSymbols({ ...options, poll });
  }

  async whenNeeded(): Promise<boolean> {
    return true;
  }

  async run(spool: PollSpool, status: CollectorStatus, signal: AbortSignal): Promise<void> {
    const { clock, intervalMs } = this.#options;
    for await (const tick of pollTicks(clock, intervalMs, signal)) {
      if (tick.missed > 0) this.#recordMissed(spool, tick);
      await this.#pollOnce(spool, status, tick, signal);
    }
  }

  async once(spool: PollSpool, signal: AbortSignal): Promise<void> {
    const startedAtUs = this.#options.clock.nowUs();
    try {
      for await (const { record } of this.#symbols.poll(startedAtUs, signal)) await spool.append(record);
    } catch (error) {
      this.#recordFailure(spool, startedAtUs, messageOf(error));
      throw error;
    }
  }

  async #pollOnce(
    spool: PollSpool,
    status: CollectorStatus,
    { scheduledAtUs }: Tick,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, log, intervalMs } = this.#options;
    const inTime = AbortSignal.any([
      signal,
      AbortSignal.timeout(Math.max(LEAST_POLL_MS, intervalMs * POLL_SHARE)),
    ]);
    try {
      for await (const { record, body } of this.#symbols.poll(scheduledAtUs, inTime)) {
        // A disk that refuses must not hold up the end: closing the spool writes what waits, or gives it up.
        await untilAborted(spool.append(record), signal);
        this.#reportNothingKept(body);
      }
      this.#hasWorked = true;
      status.frames++;
      setState(status, 'polling', clock.nowUs());
    } catch (error) {
      if (signal.aborted) return;
      const reason = inTime.aborted ? 'no answer before the next poll' : messageOf(error);
      log.warn(`poll failed: ${reason}`);
      setState(status, 'failing', clock.nowUs());
      this.#recordFailure(spool, scheduledAtUs, reason);
      if (!this.#hasWorked && error instanceof LakeError && error.code === 'EXCHANGE_BLOCKED') throw error;
    }
  }

  #recordFailure(spool: PollSpool, scheduledAtUs: number, reason: string): void {
    const failure = { scheduledAtUs, endedAtUs: this.#options.clock.nowUs(), reason, missed: 1 };
    spool.event(POLL_CONNECTION, { type: 'poll_failed', stream: this.#poll.stream, ...failure });
  }

  #reportNothingKept(body: string): void {
    const { log, selection } = this.#options;
    if (this.#hasWorked) return;
    const reason = this.#poll.nothingKept?.(body, selection);
    if (reason !== undefined) log.warn(`${reason}: nothing is stored; \`--all\` takes every pair`);
  }

  #recordMissed(spool: PollSpool, { missed, firstMissedAtUs, scheduledAtUs }: Tick): void {
    this.#options.log.warn({ missed }, 'polls were missed: the machine slept, or an answer took too long');
    spool.event(POLL_CONNECTION, {
      type: 'poll_failed',
      stream: this.#poll.stream,
      scheduledAtUs: firstMissedAtUs,
      endedAtUs: scheduledAtUs,
      reason: 'missed',
      missed,
    });
  }
}
