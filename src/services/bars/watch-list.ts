/** The symbols that are watched, as the table `symbols` says now, or as a command names them. */
import { symbolText, type WatchedSymbol } from '../../sources/watched-symbol.ts';

export type WatchListOptions =
  /** Those that a command names. */
  | { readonly fixed: readonly WatchedSymbol[] }
  /** Those of the table, as they are now. */
  | {
      readonly read: () => Promise<readonly WatchedSymbol[]>;
      /** Brings what is known of all symbols up to date: once a day. */
      readonly refreshFacts: () => Promise<void>;
    };

export class WatchList {
  readonly #options: WatchListOptions;
  #now: readonly WatchedSymbol[] | undefined;

  constructor(options: WatchListOptions) {
    this.#options = options;
    this.#now = 'fixed' in options ? options.fixed : undefined;
  }

  get isFixed(): boolean {
    return 'fixed' in this.#options;
  }

  /** The same array as long as nothing changed; undefined until the table could be read. */
  get now(): readonly WatchedSymbol[] | undefined {
    return this.#now;
  }

  async refresh(): Promise<readonly WatchedSymbol[]> {
    if ('fixed' in this.#options) return this.#options.fixed;
    const list = await this.#options.read();
    const text = (symbols: readonly WatchedSymbol[]) => symbols.map(symbolText).join();
    if (this.#now === undefined || text(list) !== text(this.#now)) this.#now = list;
    return this.#now;
  }

  async refreshFacts(): Promise<void> {
    if ('refreshFacts' in this.#options) await this.#options.refreshFacts();
  }
}
