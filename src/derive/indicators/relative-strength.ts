/** RSI with Wilder's smoothing, seeded with the means of the first `period` changes; 0 where nothing ever moved. */
export class RelativeStrength {
  readonly #period: number;
  #count = 0;
  #before = 0;
  #gain = 0;
  #loss = 0;

  constructor(period: number) {
    this.#period = period;
  }

  next(close: number): number {
    const change = close - this.#before;
    this.#before = close;
    const count = this.#count++;
    if (count === 0) return Number.NaN;
    const period = this.#period;
    if (count > period) {
      this.#gain *= period - 1;
      this.#loss *= period - 1;
    }
    if (change < 0) this.#loss -= change;
    else this.#gain += change;
    if (count < period) return Number.NaN;
    this.#gain /= period;
    this.#loss /= period;
    const both = this.#gain + this.#loss;
    return both === 0 ? 0 : 100 * (this.#gain / both);
  }
}
