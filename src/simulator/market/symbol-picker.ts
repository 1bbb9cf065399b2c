/** Which symbol is liquidated next: by a heavy-tailed weight (Zipf over a shuffled ranking), never twice in a second. */

import type { SeededRandom } from '../../base/seeded-random.ts';
import type { Instrument } from './instruments.ts';

const ZIPF_EXPONENT = 0.9;
const MIN_GAP_MS = 1000;
/** Draws by weight before the next free symbol in turn is taken instead. */
const MAX_DRAWS = 12;

export class SymbolPicker {
  readonly #ranked: readonly Instrument[];
  readonly #cumulative: readonly number[];
  readonly #random: SeededRandom;
  readonly #lastAtMs: Float64Array;
  #turn = 0;

  constructor(instruments: readonly Instrument[], random: SeededRandom) {
    this.#random = random;
    this.#ranked = shuffle(instruments, random);
    let sum = 0;
    this.#cumulative = this.#ranked.map((_, rank) => {
      sum += 1 / (rank + 1) ** ZIPF_EXPONENT;
      return sum;
    });
    this.#lastAtMs = new Float64Array(this.#ranked.length).fill(Number.NEGATIVE_INFINITY);
  }

  pick(atMs: number): Instrument {
    const rank = this.#drawFree(atMs) ?? this.#nextInTurn(atMs);
    this.#lastAtMs[rank] = atMs;
    const instrument = this.#ranked[rank];
    if (instrument === undefined) throw new RangeError('a market needs at least one instrument');
    return instrument;
  }

  #drawFree(atMs: number): number | undefined {
    for (let draw = 0; draw < MAX_DRAWS; draw++) {
      const rank = this.#drawByWeight();
      if (this.#isFree(rank, atMs)) return rank;
    }
    return undefined;
  }

  #drawByWeight(): number {
    const target = this.#random.next() * (this.#cumulative.at(-1) ?? 0);
    let low = 0;
    let high = this.#cumulative.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#cumulative[middle] ?? 0) > target) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** The next free one in turn; when none is free (more orders than symbols a second) the next one all the same. */
  #nextInTurn(atMs: number): number {
    const count = this.#ranked.length;
    for (let step = 0; step < count; step++) {
      this.#turn = (this.#turn + 1) % count;
      if (this.#isFree(this.#turn, atMs)) return this.#turn;
    }
    this.#turn = (this.#turn + 1) % count;
    return this.#turn;
  }

  #isFree(rank: number, atMs: number): boolean {
    return atMs - (this.#lastAtMs[rank] ?? 0) >= MIN_GAP_MS;
  }
}

/** BTC and ETH lead on no day; who leads depends on the seed. */
function shuffle(instruments: readonly Instrument[], random: SeededRandom): readonly Instrument[] {
  const list = [...instruments];
  for (let index = list.length - 1; index > 0; index--) {
    const other = random.below(index + 1);
    const held = list[index];
    const swapped = list[other];
    if (held === undefined || swapped === undefined) continue;
    list[index] = swapped;
    list[other] = held;
  }
  return list;
}
