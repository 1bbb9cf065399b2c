/** How often a venue may be asked, and what it wants to hear with each question. */
export interface VenueLimits {
  /** For hints: `BINANCE_…_URL`. */
  readonly settings: string;
  /** The pool of request weight that an address draws from, and its limit a minute. */
  pool(url: URL): { readonly name: string; readonly limit: number };
  /** The header of an answer that tells the weight used in this minute. */
  readonly usedWeightHeader?: string;
  /** The header that carries the API key. None: the key is not sent. */
  readonly apiKeyHeader?: string;
  /** The least pause between two requests, which are made one at a time then. */
  readonly spacingMs?: number;
  /** What programs are called by: where a name is expected that browsers have. */
  readonly userAgent?: string;
  /** A ban (418) is about the address: it holds for all hosts of the venue. */
  readonly isBanForAllHosts: boolean;
}
