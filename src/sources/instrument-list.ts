import type { FactContext } from '../base/facts.ts';
import { isSymbol } from './symbol.ts';

/** What a venue says of what is traded there. */
export interface SymbolFacts {
  readonly venue: string;
  readonly market: string;
  readonly symbol: string;
  /** In the venue's words, as `TRADING`. */
  readonly status: string | null;
  readonly baseAsset: string | null;
  readonly quoteAsset: string | null;
  readonly contractType: string | null;
  /** US dollars a contract, or so much of the base asset where the venue counts so. */
  readonly contractSize: number | null;
  readonly priceIncrement: number | null;
  readonly quantityIncrement: number | null;
  /** IANA name of the exchange's time zone; null: it never closes. */
  readonly timeZone: string | null;
  /** The running or next session, in microseconds since the epoch. */
  readonly sessionStartUs: number | null;
  readonly sessionEndUs: number | null;
}

/** What is known of a symbol from a moment on, and what is wanted of it. */
export interface SymbolVersion extends SymbolFacts {
  readonly isWatched: boolean;
  readonly isFeatured: boolean;
}

/** Of a market that is always open. */
export const NEVER_CLOSES = { timeZone: null, sessionStartUs: null, sessionEndUs: null } as const;

/** A word of a list; whatever is no plain name is left out. */
export function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && isSymbol(value) ? value : null;
}

export interface InstrumentRequest {
  readonly market: string;
  readonly url: string;
  readonly weight: number;
}

export interface InstrumentList {
  readonly markets: readonly string[];
  /**
   * All of a market; absent where the venue can only be asked for a name.
   * @returns undefined when the answer is no such list. @throws LakeError EXCHANGE_…
   */
  list?(context: FactContext, market: string): Promise<readonly SymbolFacts[] | undefined>;
  /** @returns undefined for a name that is not there. @throws LakeError EXCHANGE_… */
  find?(context: FactContext, market: string, symbol: string): Promise<SymbolFacts | undefined>;
  /** What is watched where nobody has chosen: those that are traded most. */
  readonly popular?: {
    request(addresses: Readonly<Record<string, string>>): InstrumentRequest;
    /** @returns names, the most traded first. */
    parse(body: string): readonly string[];
  };
}
