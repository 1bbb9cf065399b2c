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

export interface BreakerOptions {
  readonly firstPauseMs: number;
  readonly maxPauseMs: number;
  /** Called once when the venue is left alone, and once when it answers again. */
  readonly tell: (text: string) => void;
}

export class Breaker {
  readonly #policy;
  readonly #tell: (text: string) => void;
  #isReported = false;

  constructor({ firstPauseMs, maxPauseMs, tell }: BreakerOptions) {
    this.#tell = tell;
    this.#policy = circuitBreaker(handleAll, {
      halfOpenAfter: new ExponentialBackoff({
        initialDelay: firstPauseMs,
        maxDelay: maxPauseMs,
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
