/** ADX, +DI and −DI of 14 bars, with Wilder's smoothing: ±DI from the 15th bar on, ADX from the 28th. */
const PERIOD = 14;
const TINY_PERCENT = 1e-14;

export class DirectionalMovement {
  #count = 0;
  #high = 0;
  #low = 0;
  #plus = 0;
  #minus = 0;
  #range = 0;
  #adx = 0;
  adx = Number.NaN;
  plusDi = Number.NaN;
  minusDi = Number.NaN;

  /** @param range true range; anything for the first bar. */
  next(high: number, low: number, range: number): void {
    const [up, down] = [high - this.#high, this.#low - low];
    this.#high = high;
    this.#low = low;
    const count = this.#count++;
    if (count === 0) return;
    if (count >= PERIOD) {
      this.#minus -= this.#minus / PERIOD;
      this.#plus -= this.#plus / PERIOD;
      this.#range = this.#range - this.#range / PERIOD + range;
    } else this.#range += range;
    if (down > 0 && up < down) this.#minus += down;
    else if (up > 0 && up > down) this.#plus += up;
    if (count >= PERIOD) this.#smooth(count - PERIOD);
  }

  /** @param steps since the first ±DI. */
  #smooth(steps: number): void {
    const hasRange = this.#range !== 0;
    this.plusDi = hasRange ? 100 * (this.#plus / this.#range) : 0;
    this.minusDi = hasRange ? 100 * (this.#minus / this.#range) : 0;
    const sum = this.plusDi + this.minusDi;
    const index = sum < TINY_PERCENT ? undefined : 100 * (Math.abs(this.minusDi - this.plusDi) / sum);
    if (steps < PERIOD) {
      this.#adx += index ?? 0;
      if (steps < PERIOD - 1) return;
      this.#adx /= PERIOD;
    } else if (index !== undefined) this.#adx = (this.#adx * (PERIOD - 1) + index) / PERIOD;
    this.adx = this.#adx;
  }
}
