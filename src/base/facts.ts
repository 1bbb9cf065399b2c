/**
 * What a venue says beside its data and decoding or subscribing needs: contract sizes, the list of instruments. Facts are
 * fetched again and again, kept in the spool's folder so that a restart during a ban knows them, and carried into each
 * segment where rows depend on them.
 */
export type Facts = Readonly<Record<string, unknown>>;

export interface FactContext {
  /** Addresses of the venue by the name of their setting. */
  readonly addresses: Readonly<Record<string, string>>;
  readonly rest: RestGet;
  readonly signal: AbortSignal;
}

/** Asks by GET. @throws LakeError EXCHANGE_… */
export interface RestGet {
  get(
    url: string,
    weight: number,
    signal: AbortSignal,
  ): Promise<{
    readonly body: string;
    readonly startedAtUs: number;
    readonly receivedAtUs: number;
    readonly answeredAtUs?: number | undefined;
  }>;
}

export interface SideFact {
  readonly name: string;
  /** For people: `the COIN-M contract sizes`. */
  readonly what: string;
  readonly intervalMs: number;
  /** Rows depend on it: it stands in each segment. */
  readonly isCarried: boolean;
  /** Wanted before the first connection: what is listened to, or the worth of what comes first, depends on it. */
  readonly isForPlan: boolean;
  /** @returns undefined when the venue does not say. @throws LakeError EXCHANGE_… when it cannot be asked. */
  fetch(context: FactContext): Promise<unknown>;
}
