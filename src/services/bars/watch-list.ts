/** The symbols that are watched, as the table `symbols` says now, or as a command names them. */
import { symbolText, type WatchedSymbol } from '../../sources/watched-symbol.ts';

export interface WatchListOptions {
  /** Those that a command names; undefined: those of the table. */
  readonly fixed?: readonly WatchedSymbol[] | undefined;
  readonly read: () => Promise<readonly WatchedSymbol[]>;
}

export class WatchList {
  readonly #options: WatchListOptions;
  #now: readonly WatchedSymbol[];

  constructor(options: WatchListOptions) {
    this.#options = options;
    this.#now = options.fixed ?? [];
  }

  get isFixed(): boolean {
    return this.#options.fixed !== undefined;
  }

  /** The same array as long as nothing changed. */
  get now(): readonly WatchedSymbol[] {
    return this.#now;
  }

  async refresh(): Promise<readonly WatchedSymbol[]> {
    if (this.isFixed) return this.#now;
    const list = await this.#options.read();
    const text = (symbols: readonly WatchedSymbol[]) => symbols.map(symbolText).join();
    if (text(list) !== text(this.#now)) this.#now = list;
    return this.#now;
  }
}
