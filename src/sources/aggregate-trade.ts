/** An aggregate trade, whatever its source. */
export interface AggregateTrade {
  readonly id: number;
  readonly firstTradeId: number;
  readonly lastTradeId: number;
  readonly price: number;
  readonly quantity: number;
  readonly isBuyerMaker: boolean;
  /** Microseconds since the epoch. */
  readonly tradeTimeUs: number;
}
