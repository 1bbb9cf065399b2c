/** Simple moving average with TA-Lib's running sum; NaN until `period` values came. */
export class MovingAverage {
  readonly #ring: Float64Array;
  readonly #period: number;
  #at = 0;
  #count = 0;
  #total = 0;

  constructor(period: number) {
    this.#period = period;
    this.#ring = new Float64Array(period);
  }

  next(value: number): number {
    const ring = this.#ring;
    ring[this.#at] = value;
    this.#at = this.#at + 1 === this.#period ? 0 : this.#at + 1;
    this.#total += value;
    if (this.#count < this.#period - 1) {
      this.#count++;
      return Number.NaN;
    }
    const mean = this.#total / this.#period;
    this.#total -= ring[this.#at] as number;
    return mean;
  }
}
