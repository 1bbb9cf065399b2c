/**
 * The slots of bars by their symbol and their minute since the epoch. Bars of hundreds of symbols come in turn, each in the
 * order of time, and the old ones go: rings that lie side by side find them several times as fast as a map for each symbol
 * does. What does not fit beside newer ones, as history does, is in a map.
 */

export const NO_SLOT = -1;

/** More than are kept, so that a stream never needs the map. */
const PLACES = 128;
/** No time that a clock shows. */
const EMPTY = -(2 ** 31);
const LEAST_SYMBOLS = 16;

export class MinuteSlots {
  /** For each symbol its places, in each a minute and its slot. */
  #places = new Int32Array(0);
  /** By symbol. None that is known is later; it may be forgotten itself, and has no slot then. */
  #newest = new Float64Array(0);
  #newestSlot = new Int32Array(0);
  readonly #sizes: number[] = [];
  readonly #others: (Map<number, number> | undefined)[] = [];

  /** @returns the number of a symbol more. */
  addSymbol(): number {
    const symbol = this.#sizes.push(0) - 1;
    this.#others.push(undefined);
    if (symbol === this.#newest.length) this.#grow();
    return symbol;
  }

  size(symbol: number): number {
    return this.#sizes[symbol] ?? 0;
  }

  /** No minute that is known of the symbol is later. */
  newest(symbol: number): number {
    return this.#newest[symbol] ?? EMPTY;
  }

  /** @returns `NO_SLOT` where there is none. */
  get(symbol: number, minute: number): number {
    if (minute === this.#newest[symbol]) return this.#newestSlot[symbol] ?? NO_SLOT;
    const at = placeOf(symbol, minute);
    if (this.#places[at] === minute) return this.#places[at + 1] ?? NO_SLOT;
    return this.#others[symbol]?.get(minute) ?? NO_SLOT;
  }

  set(symbol: number, minute: number, slot: number): void {
    if (minute >= (this.#newest[symbol] ?? EMPTY)) {
      this.#newest[symbol] = minute;
      this.#newestSlot[symbol] = slot;
    }
    const at = placeOf(symbol, minute);
    const there = this.#places[at] ?? EMPTY;
    if (there === minute) {
      this.#places[at + 1] = slot;
      return;
    }
    const others = this.#others[symbol];
    if (others?.has(minute)) {
      others.set(minute, slot);
      return;
    }
    this.#sizes[symbol] = this.size(symbol) + 1;
    const fits = (minute | 0) === minute;
    if (there > minute || !fits) {
      this.#othersOf(symbol).set(minute, slot);
      return;
    }
    if (there !== EMPTY) this.#othersOf(symbol).set(there, this.#places[at + 1] ?? NO_SLOT);
    this.#places[at] = minute;
    this.#places[at + 1] = slot;
  }

  delete(symbol: number, minute: number): void {
    if (minute === this.#newest[symbol]) this.#newestSlot[symbol] = NO_SLOT;
    const at = placeOf(symbol, minute);
    if (this.#places[at] === minute) this.#places[at] = EMPTY;
    else if (!this.#others[symbol]?.delete(minute)) return;
    this.#sizes[symbol] = this.size(symbol) - 1;
  }

  /** The minutes of a symbol, in no order. */
  minutes(symbol: number): readonly number[] {
    const minutes = [...(this.#others[symbol]?.keys() ?? [])];
    const end = placeOf(symbol + 1, 0);
    for (let at = placeOf(symbol, 0); at < end; at += 2) {
      const minute = this.#places[at] ?? EMPTY;
      if (minute !== EMPTY) minutes.push(minute);
    }
    return minutes;
  }

  #othersOf(symbol: number): Map<number, number> {
    const others = this.#others[symbol] ?? new Map<number, number>();
    this.#others[symbol] = others;
    return others;
  }

  #grow(): void {
    const symbols = Math.max(LEAST_SYMBOLS, 2 * this.#newest.length);
    const places = new Int32Array(symbols * PLACES * 2).fill(EMPTY);
    places.set(this.#places);
    const newest = new Float64Array(symbols).fill(EMPTY);
    newest.set(this.#newest);
    const newestSlot = new Int32Array(symbols).fill(NO_SLOT);
    newestSlot.set(this.#newestSlot);
    [this.#places, this.#newest, this.#newestSlot] = [places, newest, newestSlot];
  }
}

function placeOf(symbol: number, minute: number): number {
  return 2 * (symbol * PLACES + (minute & (PLACES - 1)));
}
