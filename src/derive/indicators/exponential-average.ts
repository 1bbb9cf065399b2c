/** Exponential moving average, α = 2/(period + 1), seeded with the mean of the first `period` values as TA-Lib does. */
export class ExponentialAverage {
  readonly #period: number;
  readonly #alpha: number;
  #count = 0;
  #value = 0;

  constructor(period: number) {
    this.#period = period;
    this.#alpha = 2 / (period + 1);
  }

  next(value: number): number {
    if (this.#count >= this.#period) {
      this.#value += (value - this.#value) * this.#alpha;
      return this.#value;
    }
    this.#value += value;
    if (++this.#count < this.#period) return Number.NaN;
    this.#value /= this.#period;
    return this.#value;
  }
}
