import { lengthUsOf, type Timeframe } from '../../lake/timeframe.ts';

const WINDOW = 200;

/** How many of the last 200 bars are missing, counted from the anchor on. */
export class HoleWindow {
  readonly #times = new Float64Array(WINDOW);
  readonly #lengthUs: number;
  readonly #anchorUs: number;
  #oldest = 0;
  #count = 0;

  constructor(timeframe: Timeframe, anchorUs: number) {
    this.#lengthUs = lengthUsOf(timeframe);
    this.#anchorUs = anchorUs;
  }

  next(openTimeUs: number): number {
    const times = this.#times;
    const lastOutUs = openTimeUs - WINDOW * this.#lengthUs;
    while (this.#count > 0 && (times[this.#oldest] as number) <= lastOutUs) {
      this.#oldest = (this.#oldest + 1) % WINDOW;
      this.#count--;
    }
    times[(this.#oldest + this.#count++) % WINDOW] = openTimeUs;
    const sinceAnchor = Math.floor((openTimeUs - this.#anchorUs) / this.#lengthUs) + 1;
    return Math.min(WINDOW, sinceAnchor) - this.#count;
  }
}
