import { DAY_US } from '../../lake/timeframe.ts';

/** Volume-weighted mean price since midnight in UTC, exact since the quote volume is; NaN while nothing was traded. */
export class DayVwap {
  #day = -1;
  #volume = 0;
  #quoteVolume = 0;

  next(openTimeUs: number, volume: number, quoteVolume: number): number {
    const day = Math.floor(openTimeUs / DAY_US);
    if (day !== this.#day) {
      this.#day = day;
      this.#volume = 0;
      this.#quoteVolume = 0;
    }
    this.#volume += volume;
    this.#quoteVolume += quoteVolume;
    return this.#volume > 0 ? this.#quoteVolume / this.#volume : Number.NaN;
  }
}
