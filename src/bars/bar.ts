/** A closed one-minute bar, whatever its source. */

export const MINUTE_US = 60_000_000;

export interface Bar {
  readonly market: string;
  readonly symbol: string;
  /** Microseconds since the epoch, a whole minute. */
  readonly openTimeUs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  /** Base asset; COIN-M: contracts. */
  readonly volume: number;
  /** Quote currency; COIN-M: base asset. Null where the venue does not tell, as what follows. */
  readonly quoteVolume: number | null;
  readonly tradeCount: number | null;
  readonly takerBuyVolume: number | null;
  readonly takerBuyQuoteVolume: number | null;
  /** Null without a trade too. */
  readonly firstTradeId: number | null;
  readonly lastTradeId: number | null;
  /** When the venue sent it, in microseconds since the epoch; streams only. */
  readonly eventTimeUs: number | null;
}

export type BarOrigin = 'stream' | 'rest' | 'archive' | 'trades';

/**
 * - `proven`: its trade ids go on from the minute before and leave out none.
 * - `counted`: the number of trades is the venue's word.
 * - `quiet`: no trade, as the venue says or the ids around it prove.
 * - `partial`: some of its trades are missing.
 */
export type Completeness = 'proven' | 'counted' | 'quiet' | 'partial';

/** What two tellers of a bar must agree on. */
const VALUES = [
  'open',
  'high',
  'low',
  'close',
  'volume',
  'quoteVolume',
  'tradeCount',
  'takerBuyVolume',
  'takerBuyQuoteVolume',
] as const;
const IDS = ['firstTradeId', 'lastTradeId'] as const;

export type BarValue = (typeof VALUES)[number] | (typeof IDS)[number];

/** The values in which two tellers of a bar differ, as numbers; an id counts only where both tell it. */
export function differingValues(a: Bar, b: Bar): readonly BarValue[] {
  const values = VALUES.filter((name) => a[name] !== b[name]);
  return [...values, ...IDS.filter((name) => a[name] !== null && b[name] !== null && a[name] !== b[name])];
}

/** The same without a list, for the many that are equal. */
export function isSameBar(a: Bar, b: Bar): boolean {
  return (
    a.open === b.open &&
    a.high === b.high &&
    a.low === b.low &&
    a.close === b.close &&
    a.volume === b.volume &&
    a.quoteVolume === b.quoteVolume &&
    a.tradeCount === b.tradeCount &&
    a.takerBuyVolume === b.takerBuyVolume &&
    a.takerBuyQuoteVolume === b.takerBuyQuoteVolume &&
    (a.firstTradeId === null || b.firstTradeId === null || a.firstTradeId === b.firstTradeId) &&
    (a.lastTradeId === null || b.lastTradeId === null || a.lastTradeId === b.lastTradeId)
  );
}

/** A minute without a trade after a bar that closed at `close`. */
export function quietBar(market: string, symbol: string, openTimeUs: number, close: number): Bar {
  return {
    market,
    symbol,
    openTimeUs,
    open: close,
    high: close,
    low: close,
    close,
    volume: 0,
    quoteVolume: 0,
    tradeCount: 0,
    takerBuyVolume: 0,
    takerBuyQuoteVolume: 0,
    firstTradeId: null,
    lastTradeId: null,
    eventTimeUs: null,
  };
}
