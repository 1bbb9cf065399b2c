/**
 * Sees to it that every watched minute is stored once: at the start and after each commit it looks what is missing, asks
 * for it, oldest first, within a third of the request weight, and puts the answers into the spool like anything else that
 * was received. Closed bars are read again after a while, since exchanges correct them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { MINUTE_US } from '../../bars/bar.ts';
import { minuteOf } from '../../bars/plan-holes.ts';
import { backgroundTask } from '../../base/background-task.ts';
import type { Clock } from '../../base/clock.ts';
import { LakeError, messageOf } from '../../base/errors.ts';
import { measureClockOffset } from '../../network/http/clock-offset.ts';
import { HttpStatusError } from '../../network/http/http-status-error.ts';
import type { HistorySpec } from '../../sources/history-spec.ts';
import type { WatchedSymbol } from '../../sources/watched-symbol.ts';
import type { SpoolRecord } from '../../spool/segments/record.ts';
import type { RepairProgress } from '../../spool/state/status-file.ts';
import type { VenueNetwork } from '../venue-network.ts';
import { BarPlan, type Question } from './bar-plan.ts';
import { type DueMinutes, readDue, writeDue } from './due-minutes.ts';
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
  /** How many segments an earlier run left, to be stored before ours. */
  readonly leftover: number;
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
/** Clocks that are kept right by small steps stay within this in that time. */
const STEP_US = 2_000_000;

/** Whole minutes before `untilUs` are in the table, or missing; of answers, those received before `storedUs`. */
interface Stored {
  readonly untilUs: number;
  readonly storedUs: number;
}

export class BarRepair {
  readonly #options: BarRepairOptions;
  readonly #weight = new WeightShare(SHARE);
  readonly #startedUs: number;
  #clockOffsetUs: number | undefined;
  /** From the clock that is never set to ours, when the offset was measured. */
  #clockDistanceUs = 0;
  #measuredMs = Number.NEGATIVE_INFINITY;
  /** When segments were cut that are not stored yet, by the exchange's time where that was known. */
  readonly #cuts = new Map<number, number | undefined>();
  /** What was received before is in the table; by the exchange's time. */
  #storedUs: number | undefined;
  #leftover: number;
  #trouble = '';

  constructor(options: BarRepairOptions) {
    this.#options = options;
    this.#startedUs = options.clock.nowUs();
    this.#leftover = options.leftover;
  }

  /** A segment is closed: it has what was received before `cutUs`. */
  closed(segment: number, cutUs: number): void {
    this.#cuts.set(segment, this.#offsetUs === undefined ? undefined : this.#exchangeUs(cutUs));
  }

  /** A segment is stored. One that an earlier run left says nothing of this one. */
  stored(segment: number): void {
    if (!this.#cuts.has(segment)) this.#leftover--;
    this.#storedUs = this.#cuts.get(segment) ?? this.#storedUs;
    for (const earlier of this.#cuts.keys()) if (earlier <= segment) this.#cuts.delete(earlier);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { log } = this.#options;
    const clockTask = { what: 'the clock offset', intervalMs: LOOK_MS, log, signal };
    await Promise.all([backgroundTask(clockTask, () => this.#measureClock(signal)), this.#repair(signal)]);
  }

  async #measureClock(signal: AbortSignal): Promise<void> {
    const { clock, network } = this.#options;
    const isFresh = clock.monotonicMs() - this.#measuredMs < CLOCK_CHECK_MS;
    if (isFresh && this.#offsetUs !== undefined) return;
    const { serverTime } = network.venue;
    const distanceUs = this.#distanceUs();
    const question = serverTime && { ...serverTime, url: serverTime.url(network.addresses) };
    const offsetUs = question ? await measureClockOffset(network.rest, question, signal) : 0;
    if (offsetUs === undefined) throw new LakeError('EXCHANGE_NONSENSE', 'the exchange gave no server time');
    this.#clockOffsetUs = offsetUs;
    this.#clockDistanceUs = distanceUs;
    this.#measuredMs = clock.monotonicMs();
  }

  /** Undefined as long as it was not measured: since our clock was set, or the machine slept, it is another one. */
  get #offsetUs(): number | undefined {
    const stepUs = Math.abs(this.#distanceUs() - this.#clockDistanceUs);
    return stepUs < STEP_US ? this.#clockOffsetUs : undefined;
  }

  #distanceUs(): number {
    const { clock } = this.#options;
    return clock.nowUs() - clock.monotonicMs() * 1000;
  }

  async #repair(signal: AbortSignal): Promise<void> {
    const { lake, history, network, rereadAfterMs, watched, onProgress } = this.#options;
    const due = await this.#readDue(signal);
    if (due === undefined) return;
    const plan = new BarPlan({ due, lake, venue: network.venue.name, history, rereadAfterMs });
    let written = JSON.stringify([...due]);
    let looked: Stored | undefined;
    while (!signal.aborted) {
      const list = watched();
      const nowUs = this.#exchangeUs();
      plan.watch(list, minuteOf(plan.isEmpty ? this.#exchangeUs(this.#startedUs) : nowUs), nowUs);
      // Before anything is asked: a kill from here on leaves no hole.
      written = await this.#keep(due, written);
      if (this.#offsetUs !== undefined) {
        plan.dueBy(nowUs);
        const stored = this.#stored(nowUs);
        const isNews = stored?.untilUs !== looked?.untilUs || stored?.storedUs !== looked?.storedUs;
        if (stored !== undefined && isNews && (await this.#look(plan, stored))) looked = stored;
        await this.#ask(plan, signal);
      }
      onProgress(plan.progress);
      await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
    await this.#keep(due, written);
  }

  /** @returns undefined when it cannot be read until `signal`. */
  async #readDue(signal: AbortSignal): Promise<DueMinutes | undefined> {
    while (!signal.aborted) {
      try {
        return await readDue(this.#options.folder);
      } catch (error) {
        this.#report(`what bars are due cannot be read, it goes on later: ${messageOf(error)}`);
        await sleep(REFUSED_PAUSE_MS, undefined, { signal }).catch(() => undefined);
      }
    }
    return undefined;
  }

  /** Undefined as long as segments of an earlier run are not stored. */
  #stored(nowUs: number): Stored | undefined {
    const startedUs = this.#exchangeUs(this.#startedUs);
    const storedUs = this.#storedUs ?? (this.#leftover === 0 ? startedUs : undefined);
    if (storedUs === undefined) return undefined;
    // No frame that is still to come tells the minute of the start, or one before it.
    const startUs = Math.min(minuteOf(startedUs) + MINUTE_US, minuteOf(nowUs - GRACE_US));
    return { untilUs: Math.max(startUs, minuteOf(storedUs - GRACE_US)), storedUs };
  }

  /** @returns false when the table cannot be read now. */
  async #look(plan: BarPlan, { untilUs, storedUs }: Stored): Promise<boolean> {
    try {
      await plan.look(untilUs, storedUs);
      return true;
    } catch (error) {
      this.#report(`what bars are missing cannot be looked up, it goes on later: ${messageOf(error)}`);
      return false;
    }
  }

  async #keep(due: DueMinutes, written: string): Promise<string> {
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
        const isAnswer = await this.#askOne(question, signal);
        // Of minutes the table will lack what the answer does not hold; of a re-read nobody would know.
        if (isAnswer || question.rereadMs === undefined) plan.asked(question, this.#exchangeUs());
        else plan.refused(question, this.#exchangeUs());
        this.#trouble = '';
      } catch (error) {
        if (signal.aborted) return;
        this.#report(`bars cannot be asked for, it goes on later: ${messageOf(error)}`);
        // The host refuses, or fails: what waits is asked then; what it refuses of this one question must not hold up others.
        if (error instanceof HttpStatusError) plan.refused(question, this.#exchangeUs());
        await sleep(REFUSED_PAUSE_MS, undefined, { signal }).catch(() => undefined);
        return;
      }
    }
  }

  /** @returns whether what came are bars. */
  async #askOne({ market, symbol, range }: Question, signal: AbortSignal): Promise<boolean> {
    const { history, network } = this.#options;
    const request = history.request(network.addresses, market, symbol, range);
    const body = await fetchResponse(this.#options, this.#weight, request, signal);
    return typeof history.parse(body, market, symbol, range) !== 'string';
  }

  /** The exchange's time for one of ours, now by default. */
  #exchangeUs(ourUs = this.#options.clock.nowUs()): number {
    return ourUs + (this.#offsetUs ?? 0);
  }

  #report(trouble: string): void {
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.#options.log.warn(trouble);
  }
}
