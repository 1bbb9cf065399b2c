/** ATR with Wilder's smoothing, seeded with the mean of the first `period` true ranges; the first bar has none. */
export class AverageTrueRange {
  readonly #period: number;
  #count = 0;
  #value = 0;

  constructor(period: number) {
    this.#period = period;
  }

  /** @param range true range; anything for the first bar. */
  next(range: number): number {
    const count = this.#count++;
    const period = this.#period;
    if (count === 0) return Number.NaN;
    if (count <= period) {
      this.#value += range;
      if (count < period) return Number.NaN;
      this.#value /= period;
    } else this.#value = (this.#value * (period - 1) + range) / period;
    return this.#value;
  }
}
