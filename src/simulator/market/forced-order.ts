/** A forced order as the wire carries it (the `o` object of a `forceOrder` event), and what makes two of them the same. */
export interface ForcedOrder {
  readonly s: string;
  readonly S: 'BUY' | 'SELL';
  readonly o: string;
  readonly f: string;
  readonly q: string;
  readonly p: string;
  /** Absent in some recordings. */
  readonly ap?: string;
  readonly X: string;
  readonly l: string;
  readonly z: string;
  /** Trade time in milliseconds since the epoch. */
  readonly T: number;
  readonly ps?: string;
  /** 1: USDⓈ-M, 2: COIN-M. */
  readonly st?: 1 | 2;
}

/** USDⓈ-M or COIN-M: by `st`, else by the symbol (COIN-M pairs end in USD before the underscore). */
export function marketOf(order: ForcedOrder): 'usdm' | 'coinm' {
  if (order.st !== undefined) return order.st === 2 ? 'coinm' : 'usdm';
  return /USD_/.test(order.s) ? 'coinm' : 'usdm';
}

/** Equal for two deliveries of one order: event time, last fill, `ps` and `st` do not count, `0.010` is `0.01`. */
export function naturalKey(order: ForcedOrder): string {
  const numbers = [order.q, order.p, order.ap, order.z].map((text) =>
    text === undefined ? '' : Number(text),
  );
  return [marketOf(order), order.s, order.S, order.T, ...numbers].join('|');
}

/** The bare event, as a raw stream sends it. */
export function forceOrderEvent(order: ForcedOrder, eventTimeMs: number): string {
  return `{"e":"forceOrder","E":${eventTimeMs},"o":${JSON.stringify(order)}}`;
}
