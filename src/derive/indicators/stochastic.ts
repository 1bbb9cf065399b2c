import { isRounding } from './close-to-zero.ts';
import { MovingAverage } from './moving-average.ts';

/** Slow stochastic 14, 3, 3 from the highest high and lowest low of 14 bars; 0 where they are equal. */
export class Stochastic {
  readonly #slow = new MovingAverage(3);
  readonly #signal = new MovingAverage(3);
  k = Number.NaN;
  d = Number.NaN;

  /** @param highest of 14 bars, NaN before there are as many. */
  next(close: number, highest: number, lowest: number): void {
    if (Number.isNaN(highest)) return;
    const range = highest - lowest;
    const fast = isRounding(range, highest, lowest) ? 0 : (close - lowest) / (range / 100);
    const k = this.#slow.next(fast);
    if (Number.isNaN(k)) return;
    this.d = this.#signal.next(k);
    if (!Number.isNaN(this.d)) this.k = k;
  }
}
