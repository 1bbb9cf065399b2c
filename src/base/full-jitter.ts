/** Back-off with full jitter: a random wait below a limit that doubles. https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ */
export class FullJitter {
  readonly #firstMs: number;
  readonly #maxMs: number;
  readonly #random: () => number;
  #limitMs: number;

  constructor(firstMs: number, maxMs: number, random: () => number) {
    this.#firstMs = firstMs;
    this.#maxMs = maxMs;
    this.#random = random;
    this.#limitMs = firstMs;
  }

  nextMs(): number {
    const waitMs = this.#random() * this.#limitMs;
    this.#limitMs = Math.min(this.#limitMs * 2, this.#maxMs);
    return waitMs;
  }

  reset(): void {
    this.#limitMs = this.#firstMs;
  }
}
