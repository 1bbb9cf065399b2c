/** Polls a source on the wall clock; each answer goes to the spool as it came, each failure as an event. */
import { LakeError, messageOf } from '../base/errors.ts';
import { untilAborted } from '../base/until-aborted.ts';
import { pollTicks, type Tick } from '../network/http/poll-schedule.ts';
import type { PollSpec, Selection } from '../sources/poll-spec.ts';
import { spoolFolder } from '../spool/state/spool-folder.ts';
import type { CollectorOptions } from './collector-options.ts';
import { addReport, type CollectorStatus, createStatus, setState } from './collector-status.ts';
import { KnownSymbols } from './known-symbols.ts';
import { POLL_CONNECTION } from './poll-source.ts';
import { runCollector } from './run-collector.ts';
import type { Service } from './service.ts';
import { SourceCollector } from './source-collector.ts';
import { SourceFacts } from './source-facts.ts';

export interface PollCollectorOptions extends CollectorOptions {
  readonly selection: Selection;
  readonly intervalMs: number;
}

/** For one poll alone: another such one is over in seconds, and has until then to store its answer. */
const LOCK_WAIT_MS = 30_000;
const STORE_MS = 60_000;
/** The spool tries a disk that refuses again for ever; a cron job should not. */
const SPOOL_MS = 10_000;
/** The answer is to be one of now, also where a store is away or takes its time. */
const OPEN_MS = 10_000;
const LEAST_POLL_MS = 1500;
/** A poll must be over before the next one is due. */
const POLL_SHARE = 0.9;

export class PollCollector implements Service {
  readonly name: string;
  readonly status: CollectorStatus;
  readonly #options: PollCollectorOptions;
  readonly #poll: PollSpec;
  readonly #symbols: KnownSymbols;
  #hasWorked = false;

  constructor(options: PollCollectorOptions) {
    const { source, clock } = options;
    if (source.poll === undefined) throw new TypeError(`${source.id} cannot be polled`);
    this.#options = options;
    this.#poll = source.poll;
    this.#symbols = new KnownSymbols({ ...options, poll: source.poll });
    this.name = source.id;
    this.status = createStatus(source, clock.nowUs());
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, source, spool, network, intervalMs } = this.#options;
    const facts = await SourceFacts.open({ source, network, folder: spoolFolder(spool, source.id), log });
    const carry = () => ({ connections: [], ...facts.carry() });
    await runCollector({ ...this.#options, status: this.status, carry }, signal, async (collector, stop) => {
      setState(this.status, 'waiting for the next poll', clock.nowUs());
      const over = new AbortController();
      const watching = facts.watch(
        AbortSignal.any([stop, over.signal]),
        (event) => collector.event('', event),
        () => undefined,
      );
      try {
        for await (const tick of pollTicks(clock, intervalMs, stop)) {
          if (tick.missed > 0) this.#recordMissed(collector, tick);
          await this.#pollOnce(collector, tick, stop);
        }
      } finally {
        over.abort();
        await watching;
      }
    });
  }

  /**
   * One poll and the end, for cron: queues behind another one of the same lake, asks, stores.
   * @returns how many segments could not be stored; they are in the spool.
   * @throws LakeError EXCHANGE_…, LAKE_…, DISK_FULL, or what keeps a table from ever taking it.
   */
  async once(signal: AbortSignal): Promise<number> {
    const startedAtUs = this.#options.clock.nowUs();
    const collector = await SourceCollector.open({
      ...this.#options,
      lockWaitMs: LOCK_WAIT_MS,
      status: this.status,
      carry: () => ({ connections: [] }),
      onStored: (report) => addReport(this.status, report),
    });
    let writing: Promise<void> | undefined;
    let left: number;
    try {
      // What could never be stored is not asked for.
      await untilAborted(collector.whenOpened(), AbortSignal.timeout(OPEN_MS));
      for await (const { record } of this.#symbols.poll(startedAtUs, signal)) {
        writing = collector.append(record);
        await untilAborted(writing, AbortSignal.timeout(SPOOL_MS));
      }
    } catch (error) {
      this.#recordFailure(collector, startedAtUs, messageOf(error));
      throw error;
    } finally {
      left = await collector.close(STORE_MS);
    }
    // Closing ends the tries: what the disk has against it shows now.
    await writing;
    return left;
  }

  async #pollOnce(collector: SourceCollector, { scheduledAtUs }: Tick, signal: AbortSignal): Promise<void> {
    const { clock, log, intervalMs } = this.#options;
    const inTime = AbortSignal.any([
      signal,
      AbortSignal.timeout(Math.max(LEAST_POLL_MS, intervalMs * POLL_SHARE)),
    ]);
    try {
      for await (const { record, body } of this.#symbols.poll(scheduledAtUs, inTime)) {
        // A disk that refuses must not hold up the end: closing the spool writes what waits, or gives it up.
        await untilAborted(collector.append(record), signal);
        this.#reportNothingKept(body);
      }
      this.#hasWorked = true;
      this.status.frames++;
      setState(this.status, 'polling', clock.nowUs());
    } catch (error) {
      if (signal.aborted) return;
      const reason = inTime.aborted ? 'no answer before the next poll' : messageOf(error);
      log.warn(`poll failed: ${reason}`);
      setState(this.status, 'failing', clock.nowUs());
      this.#recordFailure(collector, scheduledAtUs, reason);
      if (!this.#hasWorked && error instanceof LakeError && error.code === 'EXCHANGE_BLOCKED') throw error;
    }
  }

  #recordFailure(collector: SourceCollector, scheduledAtUs: number, reason: string): void {
    const failure = { scheduledAtUs, endedAtUs: this.#options.clock.nowUs(), reason, missed: 1 };
    collector.event(POLL_CONNECTION, { type: 'poll_failed', stream: this.#poll.stream, ...failure });
  }

  #reportNothingKept(body: string): void {
    const { log, selection } = this.#options;
    if (this.#hasWorked) return;
    const reason = this.#poll.nothingKept?.(body, selection);
    if (reason !== undefined) log.warn(`${reason}: nothing is stored; \`--all\` takes every pair`);
  }

  #recordMissed(collector: SourceCollector, { missed, firstMissedAtUs, scheduledAtUs }: Tick): void {
    this.#options.log.warn({ missed }, 'polls were missed: the machine slept, or an answer took too long');
    collector.event(POLL_CONNECTION, {
      type: 'poll_failed',
      stream: this.#poll.stream,
      scheduledAtUs: firstMissedAtUs,
      endedAtUs: scheduledAtUs,
      reason: 'missed',
      missed,
    });
  }
}
