/** Waits between attempts: each may be twice as long as the one before, up to a limit. */
export class BackOff {
  readonly #firstMs: number;
  readonly #maxMs: number;
  readonly #random: (() => number) | undefined;
  #limitMs: number;

  /**
   * @param random from 0 to 1, for full jitter: many that failed together do not come back together. Without it a wait is
   * as long as it may be. https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
   */
  constructor(firstMs: number, maxMs: number, random?: () => number) {
    this.#firstMs = firstMs;
    this.#maxMs = maxMs;
    this.#random = random;
    this.#limitMs = firstMs;
  }

  nextMs(): number {
    const limitMs = this.#limitMs;
    this.#limitMs = Math.min(limitMs * 2, this.#maxMs);
    return this.#random === undefined ? limitMs : this.#random() * limitMs;
  }

  reset(): void {
    this.#limitMs = this.#firstMs;
  }
}
