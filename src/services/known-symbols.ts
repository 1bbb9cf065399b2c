/**
 * Polls of named symbols, of which an exchange may have delisted one: it then refuses the request of all of them. The
 * others are kept, and what is lost is named once.
 */
import type { Logger } from 'pino';
import type { Clock } from '../base/clock.ts';
import type { PollSpec, Selection } from '../sources/poll-spec.ts';
import { pollSource } from './poll-source.ts';
import type { VenueNetwork } from './venue-network.ts';

/** A symbol that is back is asked for again after so long. */
const RETRY_MS = 3_600_000;

export interface KnownSymbolsOptions {
  readonly poll: PollSpec;
  readonly network: VenueNetwork;
  readonly selection: Selection;
  readonly clock: Clock;
  readonly log: Logger;
}

export class KnownSymbols {
  readonly #options: KnownSymbolsOptions;
  #lost: ReadonlySet<string> = new Set();
  #retryAtMs = 0;
  readonly #named = new Set<string>();

  constructor(options: KnownSymbolsOptions) {
    this.#options = options;
  }

  /** Yields each answer of one poll. @throws LakeError EXCHANGE_…, also when no symbol is left. */
  async *poll(scheduledAtUs: number, signal: AbortSignal): ReturnType<typeof pollSource> {
    const { poll, network, selection, clock } = this.#options;
    if (clock.monotonicMs() >= this.#retryAtMs) this.#lost = new Set();
    const symbols = selection.symbols.filter((symbol) => !this.#lost.has(symbol));
    try {
      yield* pollSource(poll, network, { ...selection, symbols }, scheduledAtUs, signal);
    } catch (error) {
      const { unknownSymbol } = poll;
      if (unknownSymbol === undefined || !unknownSymbol.isMeant(error)) throw error;
      const everything = { ...poll, requests: unknownSymbol.requests };
      for await (const answer of pollSource(everything, network, selection, scheduledAtUs, signal)) {
        const missing = unknownSymbol.missing(answer.body, selection);
        if (missing.length === selection.symbols.length) throw error;
        this.#leaveOut(missing);
        yield answer;
      }
    }
  }

  #leaveOut(symbols: readonly string[]): void {
    const { clock, log } = this.#options;
    this.#lost = new Set(symbols);
    this.#retryAtMs = clock.monotonicMs() + RETRY_MS;
    const unnamed = symbols.filter((symbol) => !this.#named.has(symbol));
    for (const symbol of unnamed) this.#named.add(symbol);
    if (unnamed.length > 0)
      log.warn(`the exchange no longer has ${unnamed.join(', ')}: the other symbols are kept`);
  }
}
