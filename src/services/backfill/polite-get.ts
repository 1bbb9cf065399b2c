/** Asks a venue within a share of its limits, and waits as long as it wants when it asks for patience. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../base/clock.ts';
import { LakeError } from '../../base/errors.ts';
import type { RestAnswer } from '../../network/http/rest-client.ts';
import { WeightShare } from '../bars/weight-share.ts';
import type { VenueNetwork } from '../venue-network.ts';

/** Of the request weight of a minute; the rest is for collectors. */
const SHARE = 0.6;
const PATIENCE_MS = 30 * 60_000;
const PAUSE_MS = 5000;
const PASSING: readonly string[] = ['EXCHANGE_BANNED', 'EXCHANGE_UNREACHABLE'];

export class PoliteGet {
  readonly #network: VenueNetwork;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #weight = new WeightShare(SHARE);

  constructor(network: VenueNetwork, clock: Clock, signal: AbortSignal) {
    this.#network = network;
    this.#clock = clock;
    this.#signal = signal;
  }

  /** @throws LakeError EXCHANGE_…, of what does not pass within half an hour. */
  get(url: string, weight: number): Promise<RestAnswer> {
    return this.#patiently(url, weight, (rest) => rest.get(url, weight, this.#signal));
  }

  /** A file of an archive, which counts for no limit. @throws HttpStatusError 404 where there is none, and as {@link get}. */
  getFile(url: string): Promise<Uint8Array> {
    return this.#patiently(url, 0, (rest) => rest.getFile(url, 0, this.#signal));
  }

  async #patiently<T>(
    url: string,
    weight: number,
    ask: (rest: VenueNetwork['rest']) => Promise<T>,
  ): Promise<T> {
    const signal = this.#signal;
    const pool = this.#network.venue.limits.pool(new URL(url));
    const untilMs = this.#clock.monotonicMs() + PATIENCE_MS;
    for (;;) {
      const waitMs = this.#weight.spend(pool, weight, this.#clock.nowUs() / 1000);
      if (waitMs > 0) {
        await sleep(waitMs, undefined, { signal });
        continue;
      }
      try {
        return await ask(this.#network.rest);
      } catch (error) {
        const isPassing = error instanceof LakeError && PASSING.includes(error.code);
        if (!isPassing || this.#clock.monotonicMs() > untilMs) throw error;
        await sleep(PAUSE_MS, undefined, { signal });
      }
    }
  }
}
