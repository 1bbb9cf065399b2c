import { ExponentialAverage } from './exponential-average.ts';

const SLOW = 26;
const FAST = 12;
const SIGNAL = 9;

/**
 * MACD 12, 26, 9. As in TA-Lib the fast average begins so that its first value falls on that of the slow one, and all
 * three values come with the first signal.
 */
export class Macd {
  readonly #fast = new ExponentialAverage(FAST);
  readonly #slow = new ExponentialAverage(SLOW);
  readonly #signal = new ExponentialAverage(SIGNAL);
  #count = 0;
  macd = Number.NaN;
  signal = Number.NaN;
  histogram = Number.NaN;

  next(close: number): void {
    const fast = this.#count++ < SLOW - FAST ? Number.NaN : this.#fast.next(close);
    const slow = this.#slow.next(close);
    if (Number.isNaN(slow)) return;
    const macd = fast - slow;
    this.signal = this.#signal.next(macd);
    if (Number.isNaN(this.signal)) return;
    this.macd = macd;
    this.histogram = macd - this.signal;
  }
}
