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
 * What makes two deliveries the same order: numbers are compared as numbers, and event time, last fill, `ps` and `st`
 * do not count, since they differ between deliveries. The market does: USDⓈ-M and COIN-M never meet. The venue does not,
 * as long as there is one.
 */
export function liquidationKey(order: Liquidation): string {
  const { market, symbol, side, tradeTimeUs, quantity, price, averagePrice, filledQuantity } = order;
  keyNumbers[0] = tradeTimeUs;
  keyNumbers[1] = quantity;
  keyNumbers[2] = price;
  keyNumbers[3] = averagePrice ?? Number.NaN;
  keyNumbers[4] = filledQuantity;
  keyBytes[SIDE_AT] = (market === 'coinm' ? 2 : 0) + (side === 'SELL' ? 1 : 0);
  const end = SYMBOL_AT + keyBytes.write(symbol, SYMBOL_AT);
  return keyBytes.toString('latin1', 0, end);
}

/**
 * The key's bytes: the bits of the numbers are as good as their digits and much faster to write, and one flat string a
 * key is half of what joined ones would leave to the garbage collector.
 */
const keyBytes = Buffer.alloc(512);
const keyNumbers = new Float64Array(keyBytes.buffer, keyBytes.byteOffset, 5);
const SIDE_AT = keyNumbers.byteLength;
const SYMBOL_AT = SIDE_AT + 1;

/**
 * Value in the quote currency (US dollars for COIN-M, where quantities count contracts); null while the contract size
 * is not known.
 */
export function notionalOf(order: Liquidation, contractSize: number | null): number | null {
  if (order.market === 'coinm') return contractSize === null ? null : order.filledQuantity * contractSize;
  return order.filledQuantity * (order.averagePrice ?? order.price);
}
