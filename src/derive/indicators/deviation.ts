/** Population deviation of the last `period` values; exactly 0 where they are all the same. NaN before. */
export class Deviation {
  readonly #ring: Float64Array;
  readonly #period: number;
  #at = 0;
  #count = 0;

  constructor(period: number) {
    this.#period = period;
    this.#ring = new Float64Array(period);
  }

  /** Takes a value without looking at the deviation, which costs much more. */
  skip(value: number): void {
    this.#ring[this.#at] = value;
    this.#at = this.#at + 1 === this.#period ? 0 : this.#at + 1;
    if (this.#count < this.#period) this.#count++;
  }

  next(value: number): number {
    this.skip(value);
    const ring = this.#ring;
    if (this.#count < this.#period) return Number.NaN;
    // From the newest value instead of from zero: squares of prices would drown their differences.
    let sum = 0;
    let squares = 0;
    for (let index = 0; index < ring.length; index++) {
      const difference = (ring[index] as number) - value;
      sum += difference;
      squares += difference * difference;
    }
    const variance = (squares - (sum * sum) / this.#period) / this.#period;
    return variance > 0 ? Math.sqrt(variance) : 0;
  }
}
