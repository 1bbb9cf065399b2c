/** A share of the request weight of a minute, so that filling holes never takes what capture and people need. */

const MINUTE_MS = 60_000;

interface Spent {
  minute: number;
  weight: number;
}

export class WeightShare {
  readonly #share: number;
  readonly #pools = new Map<string, Spent>();

  /** @param share of a pool's limit, from 0 to 1. */
  constructor(share: number) {
    this.#share = share;
  }

  /**
   * Spends the weight when the share has room for it.
   * @returns milliseconds to wait before asking again; 0 when it was spent.
   */
  spend(pool: { readonly name: string; readonly limit: number }, weight: number, nowMs: number): number {
    const minute = Math.floor(nowMs / MINUTE_MS);
    let spent = this.#pools.get(pool.name);
    if (spent === undefined || spent.minute !== minute) {
      spent = { minute, weight: 0 };
      this.#pools.set(pool.name, spent);
    }
    if (spent.weight > 0 && spent.weight + weight > pool.limit * this.#share)
      return MINUTE_MS - (nowMs % MINUTE_MS);
    spent.weight += weight;
    return 0;
  }
}
