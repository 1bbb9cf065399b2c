/** MFI of 14 bars: the share of the money that flowed while the typical price rose; 0 where none flowed. */
const PERIOD = 14;
/** Typical prices nearer to each other than this share are equal. */
const EQUAL = 1e-12;

export class MoneyFlow {
  readonly #flows = new Float64Array(PERIOD);
  #at = 0;
  #count = 0;
  #before = 0;
  #rising = 0;
  #falling = 0;
  /** Bars in a row without a flow: when they fill the window, what is left in the sums is rounding. */
  #still = 0;

  next(typical: number, volume: number): number {
    const change = typical - this.#before;
    const isStill = Math.abs(change) <= EQUAL * Math.max(Math.abs(typical), Math.abs(this.#before));
    this.#before = typical;
    const count = this.#count;
    if (count <= PERIOD) this.#count++;
    if (count === 0) return Number.NaN;
    const flows = this.#flows;
    if (count > PERIOD) this.#leave(flows[this.#at] as number);
    // The sign is the direction.
    const flow = isStill ? 0 : change > 0 ? typical * volume : -typical * volume;
    flows[this.#at] = flow;
    this.#at = this.#at + 1 === PERIOD ? 0 : this.#at + 1;
    if (flow > 0) this.#rising += flow;
    else this.#falling -= flow;
    this.#still = flow === 0 ? this.#still + 1 : 0;
    if (this.#still >= PERIOD) {
      this.#rising = 0;
      this.#falling = 0;
    }
    if (count < PERIOD) return Number.NaN;
    const both = this.#rising + this.#falling;
    if (both <= 0) return 0;
    return 100 * (Math.min(Math.max(this.#rising, 0), both) / both);
  }

  #leave(flow: number): void {
    if (flow > 0) this.#rising -= flow;
    else this.#falling += flow;
  }
}
