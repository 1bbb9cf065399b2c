/** The facts and the clock of one source's venue: fetched beside the capture, kept in its spool, carried into the segments. */
import type { Logger } from 'pino';
import { backgroundTask } from '../base/background-task.ts';
import { LakeError, messageOf } from '../base/errors.ts';
import type { Facts } from '../base/facts.ts';
import { measureClockOffset } from '../network/http/clock-offset.ts';
import type { Source } from '../sources/source.ts';
import type { SpoolEvent } from '../spool/segments/record.ts';
import { readFacts, writeFacts } from '../spool/state/facts-file.ts';
import type { VenueNetwork } from './venue-network.ts';

export interface SourceFactsOptions {
  readonly source: Source;
  readonly network: VenueNetwork;
  /** Of the source's spool. */
  readonly folder: string;
  readonly log: Logger;
}

const CLOCK_CHECK_MS = 10 * 60_000;
const WARN_OFFSET_US = 1_000_000;

export class SourceFacts {
  readonly #options: SourceFactsOptions;
  #facts: Facts;
  #clockOffsetUs: number | undefined;

  static async open(options: SourceFactsOptions): Promise<SourceFacts> {
    return new SourceFacts(options, await readFacts(options.folder));
  }

  private constructor(options: SourceFactsOptions, facts: Facts) {
    this.#options = options;
    this.#facts = facts;
  }

  get facts(): Facts {
    return this.#facts;
  }

  /** All that the plan of connections wants to know is known. */
  get isReadyForPlan(): boolean {
    return (this.#options.source.facts ?? []).every(
      ({ name, isForPlan }) => !isForPlan || Object.hasOwn(this.#facts, name),
    );
  }

  /** What a segment has to know from its beginning. */
  carry(): { readonly clockOffsetUs?: number; readonly facts?: Facts } {
    const carried = this.#carried();
    return {
      ...(this.#clockOffsetUs === undefined ? {} : { clockOffsetUs: this.#clockOffsetUs }),
      ...(carried.length === 0 ? {} : { facts: Object.fromEntries(carried) }),
    };
  }

  #carried(): (readonly [name: string, value: unknown])[] {
    return (this.#options.source.facts ?? [])
      .filter(({ name, isCarried }) => isCarried && Object.hasOwn(this.#facts, name))
      .map(({ name }) => [name, this.#facts[name]]);
  }

  /**
   * Fetches all of them again and again until `signal`.
   * @param record takes what a segment has to know. @param onChange called when a fact is another than before.
   */
  async watch(signal: AbortSignal, record: (event: SpoolEvent) => void, onChange: () => void): Promise<void> {
    const { source, network, log } = this.#options;
    const { rest, addresses } = network;
    // What an earlier run knew: rows of the first segment need it, too.
    for (const [name, value] of this.#carried()) record({ type: 'fact', name, value });
    await Promise.all([
      this.#watchClock(signal, record),
      ...(source.facts ?? []).map(({ name, what, intervalMs, isCarried, fetch }) =>
        backgroundTask({ what, intervalMs, log, signal }, async () => {
          const value = await fetch({ rest, addresses, signal });
          // With the next try in seconds: orders of instruments that are not known yet cannot be fetched again.
          if (value === undefined) throw noAnswer(what);
          if (isCarried) record({ type: 'fact', name, value });
          if (JSON.stringify(value) === JSON.stringify(this.#facts[name])) return;
          this.#facts = { ...this.#facts, [name]: value };
          onChange();
          await this.#keep();
        }),
      ),
    ]);
  }

  /** A disk that refuses costs the fact at the next start, and nothing now. */
  async #keep(): Promise<void> {
    const { folder, log, source } = this.#options;
    await writeFacts(folder, this.#facts).catch((error: unknown) =>
      log.debug({ source: source.id }, `facts are not kept: ${messageOf(error)}`),
    );
  }

  #watchClock(signal: AbortSignal, record: (event: SpoolEvent) => void): Promise<void> {
    const { source, network, log } = this.#options;
    const { serverTime } = network.venue;
    if (serverTime === undefined) return Promise.resolve();
    const question = { ...serverTime, url: serverTime.url(network.addresses) };
    const task = { what: 'the clock offset', intervalMs: CLOCK_CHECK_MS, log, signal };
    return backgroundTask(task, async () => {
      const offsetUs = await measureClockOffset(network.rest, question, signal);
      if (offsetUs === undefined) return;
      this.#clockOffsetUs = offsetUs;
      record({ type: 'clock_offset', offsetUs });
      if (Math.abs(offsetUs) > WARN_OFFSET_US) {
        log.warn(
          { source: source.id, offsetMs: Math.round(offsetUs / 1000) },
          'the clock of this machine is off by more than a second: check NTP',
        );
      }
    });
  }
}

function noAnswer(what: string): LakeError {
  return new LakeError('EXCHANGE_NONSENSE', `the answer does not hold ${what}`, {
    hint: 'it is asked again',
  });
}
