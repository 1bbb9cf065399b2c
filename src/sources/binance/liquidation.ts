/** One forced order as the stream tells it. Times in microseconds since the epoch, UTC. */
export interface Liquidation {
  readonly market: 'usdm' | 'coinm';
  readonly symbol: string;
  /** Side of the closing order: SELL closes a long. */
  readonly side: 'BUY' | 'SELL';
  readonly orderType: string | null;
  readonly timeInForce: string | null;
  readonly status: string | null;
  /** Limit price of the order, quote currency. */
  readonly price: number;
  /** Average fill price; absent in some old recordings. */
  readonly averagePrice: number | null;
  /** USDⓈ-M: base asset; COIN-M: contracts. */
  readonly quantity: number;
  readonly lastFilledQuantity: number | null;
  readonly filledQuantity: number;
  readonly tradeTimeUs: number;
  readonly eventTimeUs: number | null;
}

/**
 * Value in the quote currency (US dollars for COIN-M, where quantities count contracts); null while the contract size
 * is not known.
 */
export function notionalOf(order: Liquidation, contractSize: number | null): number | null {
  if (order.market === 'coinm') return contractSize === null ? null : order.filledQuantity * contractSize;
  return order.filledQuantity * (order.averagePrice ?? order.price);
}
