/**
 * Sees to it that every watched minute is stored once: after each commit it looks what is missing, asks for it, oldest
 * first, within a third of the request weight, and puts the answers into the spool like anything else that was received.
 * Closed bars are read again after a while, since exchanges correct them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { minuteOf } from '../../bars/plan-holes.ts';
import { backgroundTask } from '../../base/background-task.ts';
import type { Clock } from '../../base/clock.ts';
import { LakeError, messageOf } from '../../base/errors.ts';
import { measureClockOffset } from '../../network/http/clock-offset.ts';
import type { HistorySpec } from '../../sources/history-spec.ts';
import type { WatchedSymbol } from '../../sources/watched-symbol.ts';
import type { SpoolRecord } from '../../spool/segments/record.ts';
import type { RepairProgress } from '../../spool/state/status-file.ts';
import type { VenueNetwork } from '../venue-network.ts';
import { BarPlan, type Question } from './bar-plan.ts';
import { readDue, writeDue } from './due-minutes.ts';
import { fetchResponse } from './fetch-response.ts';
import { WeightShare } from './weight-share.ts';

export interface BarRepairOptions {
  readonly lake: string;
  /** Of the source's spool. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly network: VenueNetwork;
  readonly history: HistorySpec;
  /** Undefined as long as the list could not be read. */
  readonly watched: () => readonly WatchedSymbol[] | undefined;
  /** How long after its close a bar is read again, in milliseconds. */
  readonly rereadAfterMs: readonly number[];
  /** Resolves when the record is on the disk. */
  readonly append: (record: SpoolRecord) => Promise<void>;
  readonly onProgress: (progress: RepairProgress) => void;
}

/** Part of the weight of a minute. */
const SHARE = 1 / 3;
const LOOK_MS = 1000;
/** Closing frames come within about two seconds; a minute is not missed before. */
const GRACE_US = 5_000_000;
const REFUSED_PAUSE_MS = 5000;
const CLOCK_CHECK_MS = 10 * 60_000;

export class BarRepair {
  readonly #options: BarRepairOptions;
  readonly #weight = new WeightShare(SHARE);
  readonly #startedUs: number;
  #clockOffsetUs: number | undefined;
  /** When segments were cut that are not stored yet. */
  readonly #cutUs = new Map<number, number>();
  /** What was received before is in the table. */
  #storedUs = 0;
  #trouble = '';

  constructor(options: BarRepairOptions) {
    this.#options = options;
    this.#startedUs = options.clock.nowUs();
  }

  /** A segment is closed: it has what was received before `cutUs`. */
  closed(segment: number, cutUs: number): void {
    this.#cutUs.set(segment, cutUs);
  }

  /** A segment is stored. One that an earlier run left says nothing of this one. */
  stored(segment: number): void {
    this.#storedUs = this.#cutUs.get(segment) ?? this.#storedUs;
    for (const earlier of this.#cutUs.keys()) if (earlier <= segment) this.#cutUs.delete(earlier);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { log } = this.#options;
    const clockTask = { what: 'the clock offset', intervalMs: CLOCK_CHECK_MS, log, signal };
    await Promise.all([
      backgroundTask(clockTask, () => this.#measureClock(signal)),
      this.#repair(signal).catch((error: unknown) => {
        if (!signal.aborted) log.error(`holes in bars are no longer filled: ${messageOf(error)}`);
      }),
    ]);
  }

  async #measureClock(signal: AbortSignal): Promise<void> {
    const { network } = this.#options;
    const { serverTime } = network.venue;
    if (serverTime === undefined) {
      this.#clockOffsetUs = 0;
      return;
    }
    const question = { ...serverTime, url: serverTime.url(network.addresses) };
    this.#clockOffsetUs = await measureClockOffset(network.rest, question, signal);
  }

  async #repair(signal: AbortSignal): Promise<void> {
    const { folder, lake, history, network, rereadAfterMs, watched, onProgress } = this.#options;
    const due = await readDue(folder);
    const plan = new BarPlan({ due, lake, venue: network.venue.name, history, rereadAfterMs });
    let written = JSON.stringify([...due]);
    let lookedUs = 0;
    while (!signal.aborted) {
      const list = watched();
      const nowUs = this.#exchangeUs();
      plan.watch(list, minuteOf(plan.isEmpty ? this.#exchangeUs(this.#startedUs) : nowUs), nowUs);
      // Before anything is asked: a kill from here on leaves no hole.
      written = await this.#keep(due, written);
      if (this.#clockOffsetUs !== undefined) {
        if (this.#storedUs > lookedUs) {
          const storedUs = this.#storedUs;
          if (await this.#look(plan, storedUs)) lookedUs = storedUs;
        }
        await this.#ask(plan, signal);
      }
      onProgress(plan.progress);
      await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
    await this.#keep(due, written);
  }

  /** @returns false when the table cannot be read now. */
  async #look(plan: BarPlan, storedUs: number): Promise<boolean> {
    try {
      await plan.look(minuteOf(this.#exchangeUs(storedUs) - GRACE_US), this.#exchangeUs(storedUs));
      return true;
    } catch (error) {
      if (!(error instanceof LakeError)) throw error;
      this.#report(`what bars are missing cannot be looked up, it goes on later: ${error.message}`);
      return false;
    }
  }

  async #keep(due: Awaited<ReturnType<typeof readDue>>, written: string): Promise<string> {
    const text = JSON.stringify([...due]);
    if (text === written) return written;
    try {
      await writeDue(this.#options.folder, due);
      return text;
    } catch (error) {
      this.#report(`what is due cannot be kept: ${messageOf(error)}`);
      return written;
    }
  }

  async #ask(plan: BarPlan, signal: AbortSignal): Promise<void> {
    for (;;) {
      const question = plan.next(this.#exchangeUs());
      if (question === undefined || signal.aborted) return;
      try {
        this.#options.onProgress(plan.progress);
        await this.#askOne(question, signal);
        plan.asked(question, this.#exchangeUs());
        this.#trouble = '';
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof LakeError)) throw error;
        this.#report(`bars cannot be asked for, it goes on later: ${error.message}`);
        // The host refuses, or fails: what waits is asked then; what it refuses of this one question must not hold up others.
        if (error.code === 'EXCHANGE_REFUSED') plan.refused(question, this.#exchangeUs());
        await sleep(REFUSED_PAUSE_MS, undefined, { signal }).catch(() => undefined);
        return;
      }
    }
  }

  async #askOne({ market, symbol, range }: Question, signal: AbortSignal): Promise<void> {
    const { history, network } = this.#options;
    const request = history.request(network.addresses, market, symbol, range);
    await fetchResponse(this.#options, this.#weight, request, signal);
  }

  /** The exchange's time for one of ours, now by default. */
  #exchangeUs(ourUs = this.#options.clock.nowUs()): number {
    return ourUs + (this.#clockOffsetUs ?? 0);
  }

  #report(trouble: string): void {
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.#options.log.warn(trouble);
  }
}
