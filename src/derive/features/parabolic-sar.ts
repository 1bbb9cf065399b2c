/** Parabolic SAR (0.02, 0.2) as TA-Lib begins it: the first direction is that of the first move. NaN for the first bar. */
const STEP = 0.02;
const MOST = 0.2;

export class ParabolicSar {
  #count = 0;
  #isLong = true;
  #high = 0;
  #low = 0;
  #extreme = 0;
  #sar = 0;
  #acceleration = STEP;

  next(high: number, low: number): number {
    const [highBefore, lowBefore] = [this.#high, this.#low];
    this.#high = high;
    this.#low = low;
    const count = this.#count++;
    if (count === 0) return Number.NaN;
    if (count === 1) {
      this.#begin(high, low, highBefore, lowBefore);
      // TA-Lib takes the second bar for the one before it, too.
      return this.#step(high, low, high, low);
    }
    return this.#step(high, low, highBefore, lowBefore);
  }

  #begin(high: number, low: number, highBefore: number, lowBefore: number): void {
    const [up, down] = [high - highBefore, lowBefore - low];
    this.#isLong = !(down > 0 && up < down);
    this.#extreme = this.#isLong ? high : low;
    this.#sar = this.#isLong ? lowBefore : highBefore;
  }

  #step(high: number, low: number, highBefore: number, lowBefore: number): number {
    const isCrossed = this.#isLong ? low <= this.#sar : high >= this.#sar;
    if (isCrossed) {
      this.#isLong = !this.#isLong;
      this.#sar = this.#outside(this.#extreme, high, low, highBefore, lowBefore);
      this.#acceleration = STEP;
      this.#extreme = this.#isLong ? high : low;
    }
    const value = this.#sar;
    if (this.#isLong ? high > this.#extreme : low < this.#extreme) {
      this.#extreme = this.#isLong ? high : low;
      this.#acceleration = Math.min(this.#acceleration + STEP, MOST);
    }
    const moved = value + this.#acceleration * (this.#extreme - value);
    this.#sar = this.#outside(moved, high, low, highBefore, lowBefore);
    return value;
  }

  /** Never within the ranges of this bar and of the one before it. */
  #outside(sar: number, high: number, low: number, highBefore: number, lowBefore: number): number {
    return this.#isLong ? Math.min(sar, lowBefore, low) : Math.max(sar, highBefore, high);
  }
}
