/** Leaves a venue alone for long after an answer that was none, and longer each time it goes on like that. */
import {
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleAll,
  isBrokenCircuitError,
  noJitterGenerator,
} from 'cockatiel';
import { messageOf } from '../../base/errors.ts';

const FIRST_PAUSE_MS = 15 * 60_000;
const MAX_PAUSE_MS = 6 * 3_600_000;

export class Breaker {
  readonly #policy;
  readonly #tell: (text: string) => void;
  #isReported = false;

  /** @param tell called once when the venue is left alone, and once when it answers again. */
  constructor(tell: (text: string) => void) {
    this.#tell = tell;
    this.#policy = circuitBreaker(handleAll, {
      halfOpenAfter: new ExponentialBackoff({
        initialDelay: FIRST_PAUSE_MS,
        maxDelay: MAX_PAUSE_MS,
        exponent: 2,
        generator: noJitterGenerator,
      }),
      breaker: new ConsecutiveBreaker(1),
    });
  }

  /** @returns undefined when nothing was asked, or nothing came of it. */
  async ask<T>(question: () => Promise<T>): Promise<T | undefined> {
    try {
      const answer = await this.#policy.execute(question);
      if (this.#isReported) this.#tell('it answers again');
      this.#isReported = false;
      return answer;
    } catch (error) {
      if (isBrokenCircuitError(error)) return undefined;
      if (!this.#isReported) this.#tell(`it is left alone for a while: ${messageOf(error)}`);
      this.#isReported = true;
      return undefined;
    }
  }
}
