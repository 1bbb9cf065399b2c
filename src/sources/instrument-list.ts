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
  /** US dollars a contract. */
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

export interface InstrumentRequest {
  readonly market: string;
  readonly url: string;
  readonly weight: number;
}

export interface InstrumentList {
  readonly markets: readonly string[];
  request(addresses: Readonly<Record<string, string>>, market: string): InstrumentRequest;
  /** @returns undefined when the answer is no such list. */
  parse(body: string, market: string): readonly SymbolFacts[] | undefined;
  /** What is watched where nobody has chosen: those that are traded most. */
  readonly popular?: {
    request(addresses: Readonly<Record<string, string>>): InstrumentRequest;
    /** @returns names, the most traded first. */
    parse(body: string): readonly string[];
  };
}
