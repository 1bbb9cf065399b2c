/** Collects a source by asking. What is asked, and when, is its schedule's matter; each answer goes to the spool as it came. */
import { untilAborted } from '../base/until-aborted.ts';
import { spoolFolder } from '../spool/state/spool-folder.ts';
import type { CollectorOptions } from './collector-options.ts';
import { addReport, type CollectorStatus, createStatus, setState } from './collector-status.ts';
import { runCollector } from './run-collector.ts';
import type { Service } from './service.ts';
import { SourceCollector } from './source-collector.ts';
import { SourceFacts } from './source-facts.ts';

/** What a schedule needs of the collector that it works for. */
export type PollSpool = Pick<SourceCollector, 'append' | 'event'>;

export interface PollSchedule {
  /** Waits until there is something to ask for. @returns false when there never will be. */
  whenNeeded(signal: AbortSignal): Promise<boolean>;
  /** Asks until `signal`; an answer that does not come is said in `status`, and the next one is asked for. */
  run(spool: PollSpool, status: CollectorStatus, signal: AbortSignal): Promise<void>;
  /** Asks once, where that makes sense. @throws LakeError EXCHANGE_…. */
  once?(spool: PollSpool, signal: AbortSignal): Promise<void>;
}

export interface PollCollectorOptions extends CollectorOptions {
  readonly schedule: PollSchedule;
}

/** For one poll alone: another such one is over in seconds, and has until then to store its answer. */
const LOCK_WAIT_MS = 30_000;
const STORE_MS = 60_000;
/** The spool tries a disk that refuses again for ever; a cron job should not. */
const SPOOL_MS = 10_000;
/** The answer is to be one of now, also where a store is away or takes its time. */
const OPEN_MS = 10_000;

export class PollCollector implements Service {
  readonly name: string;
  readonly status: CollectorStatus;
  readonly #options: PollCollectorOptions;

  constructor(options: PollCollectorOptions) {
    const { source, clock } = options;
    this.#options = options;
    this.name = source.id;
    this.status = createStatus(source, clock.nowUs());
    this.status.isIdle = true;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, source, spool, network, schedule } = this.#options;
    if (!(await schedule.whenNeeded(signal)) || signal.aborted) return;
    this.status.isIdle = false;
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
        await schedule.run(collector, this.status, stop);
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
    const { schedule, source } = this.#options;
    if (schedule.once === undefined) throw new TypeError(`${source.id} is not asked once`);
    const collector = await SourceCollector.open({
      ...this.#options,
      lockWaitMs: LOCK_WAIT_MS,
      status: this.status,
      carry: () => ({ connections: [] }),
      onStored: (report) => addReport(this.status, report),
    });
    let writing: Promise<void> | undefined;
    const spool: PollSpool = {
      event: (connection, event) => collector.event(connection, event),
      append: (record) => {
        writing = collector.append(record);
        return untilAborted(writing, AbortSignal.timeout(SPOOL_MS));
      },
    };
    let left: number;
    try {
      // What could never be stored is not asked for.
      await untilAborted(collector.whenOpened(), AbortSignal.timeout(OPEN_MS));
      await schedule.once(spool, signal);
    } finally {
      left = await collector.close(STORE_MS);
    }
    // Closing ends the tries: what the disk has against it shows now.
    await writing;
    return left;
  }
}
