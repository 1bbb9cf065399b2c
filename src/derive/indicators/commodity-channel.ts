import { isRounding } from './close-to-zero.ts';

/** CCI of 20 typical prices with their mean absolute deviation; 0 where the newest is their mean. */
const PERIOD = 20;

export class CommodityChannel {
  readonly #ring = new Float64Array(PERIOD);
  #at = 0;
  #count = 0;

  /** Takes a price without looking at the index, which costs much more. */
  skip(typical: number): void {
    this.#ring[this.#at] = typical;
    this.#at = this.#at + 1 === PERIOD ? 0 : this.#at + 1;
    if (this.#count < PERIOD) this.#count++;
  }

  next(typical: number): number {
    this.skip(typical);
    const ring = this.#ring;
    if (this.#count < PERIOD) return Number.NaN;
    let mean = 0;
    for (let index = 0; index < PERIOD; index++) mean += ring[index] as number;
    mean /= PERIOD;
    let deviation = 0;
    for (let index = 0; index < PERIOD; index++) deviation += Math.abs((ring[index] as number) - mean);
    const distance = typical - mean;
    return isRounding(distance, typical, mean) ? 0 : distance / (0.015 * (deviation / PERIOD));
  }
}
