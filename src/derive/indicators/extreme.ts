/** The highest of the last `period` values, searched anew only when the highest leaves; NaN until there are as many. */
export class Highest {
  readonly #ring: Float64Array;
  readonly #period: number;
  #at = 0;
  #count = 0;
  #best = 0;

  constructor(period: number) {
    this.#period = period;
    this.#ring = new Float64Array(period);
  }

  next(value: number): number {
    const ring = this.#ring;
    const at = this.#at;
    const isLeaving = at === this.#best && this.#count >= this.#period;
    const best = this.#count === 0 ? Number.NEGATIVE_INFINITY : (ring[this.#best] as number);
    ring[at] = value;
    this.#at = at + 1 === this.#period ? 0 : at + 1;
    if (this.#count < this.#period) this.#count++;
    if (value >= best) this.#best = at;
    else if (isLeaving) this.#search();
    return this.#count < this.#period ? Number.NaN : (ring[this.#best] as number);
  }

  #search(): void {
    const ring = this.#ring;
    let best = 0;
    for (let index = 1; index < ring.length; index++)
      if ((ring[index] as number) > (ring[best] as number)) best = index;
    this.#best = best;
  }
}

/** The lowest of the last `period` values. */
export class Lowest {
  readonly #highest: Highest;

  constructor(period: number) {
    this.#highest = new Highest(period);
  }

  next(value: number): number {
    return -this.#highest.next(-value);
  }
}
