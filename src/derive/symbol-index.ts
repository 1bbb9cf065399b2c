/** The symbols of a run, each under a number, so that rows carry no texts. Sorted by their key when rows are written. */
export interface SymbolKey {
  readonly venue: string;
  readonly market: string;
  readonly symbol: string;
}

export class SymbolIndex {
  readonly keys: SymbolKey[] = [];
  readonly #ids = new Map<string, number>();

  idOf(key: SymbolKey): number {
    const text = JSON.stringify([key.symbol, key.venue, key.market]);
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    const id = this.keys.push({ venue: key.venue, market: key.market, symbol: key.symbol }) - 1;
    this.#ids.set(text, id);
    return id;
  }

  keyOf(id: number): SymbolKey {
    const key = this.keys[id];
    if (key === undefined) throw new RangeError(`no symbol ${id}`);
    return key;
  }

  /** By symbol first: files are sorted so. Compares code units as UTF-8 does for all that is in names. */
  sorted(ids: Iterable<number>): number[] {
    const text = (id: number) => {
      const { symbol, venue, market } = this.keyOf(id);
      return `${symbol}\u0000${venue}\u0000${market}`;
    };
    return [...ids].sort((a, b) => (text(a) < text(b) ? -1 : 1));
  }
}

/** Whether quote volume is in quote currency: not for coin-margined contracts, and stocks have none. */
export function hasQuoteVolume({ market }: SymbolKey): boolean {
  return market !== 'coinm' && market !== 'stocks';
}
