/** One forced order as a stream tells it, whatever the venue, and the row that it becomes. */
import { LIQUIDATION_TABLE } from '../lake/tables/liquidation.ts';
import type { SpoolRecord } from '../spool/segments/record.ts';
import { hashLiquidation } from './liquidation-key.ts';
import type { Rows } from './rows.ts';
import type { Dedup } from './source.ts';

/** Times in microseconds since the epoch, UTC. */
export interface Liquidation {
  readonly market: string;
  readonly symbol: string;
  /** Side of the closing order: SELL closes a long. */
  readonly side: 'BUY' | 'SELL';
  readonly orderType: string | null;
  readonly timeInForce: string | null;
  readonly status: string | null;
  /** Limit or bankruptcy price, quote currency. */
  readonly price: number;
  /** Average fill price, where the venue tells it. */
  readonly averagePrice: number | null;
  /** Base asset, or contracts. */
  readonly quantity: number;
  readonly lastFilledQuantity: number | null;
  readonly filledQuantity: number | null;
  readonly tradeTimeUs: number;
  readonly eventTimeUs: number | null;
}

/** What an order is worth, and how much one contract is where quantities count contracts. */
export interface LiquidationValue {
  readonly contractSize: number | null;
  /** Quote currency, US dollars for inverse contracts; null while the contract size is not known. */
  readonly notional: number | null;
}

/** An order of a venue that tells its bankruptcy price, and neither fills nor how the order was placed. */
export function bankruptcyOrder(
  facts: Pick<
    Liquidation,
    'market' | 'symbol' | 'side' | 'price' | 'quantity' | 'tradeTimeUs' | 'eventTimeUs'
  >,
): Liquidation {
  return {
    ...facts,
    orderType: null,
    timeInForce: null,
    status: null,
    averagePrice: null,
    lastFilledQuantity: null,
    filledQuantity: null,
  };
}

const hash = new Uint32Array(4);

/** Stores the order, unless it came before. */
export function addLiquidation(
  rows: Rows,
  { receivedAtUs, connection }: SpoolRecord,
  venue: string,
  order: Liquidation,
  worthOf: (order: Liquidation) => LiquidationValue,
): void {
  rows.heard(order.market);
  hashLiquidation(order, hash);
  if (!rows.isNew(hash, order.market)) return;
  rows.event(order.tradeTimeUs);
  const { contractSize, notional } = worthOf(order);
  const row = rows.begin(LIQUIDATION_TABLE, order.tradeTimeUs);
  row.venue.push(venue);
  row.market.push(order.market);
  row.symbol.push(order.symbol);
  row.side.push(order.side);
  row.order_type.push(order.orderType);
  row.time_in_force.push(order.timeInForce);
  row.status.push(order.status);
  row.price.push(order.price);
  row.average_price.push(order.averagePrice);
  row.quantity.push(order.quantity);
  row.last_filled_quantity.push(order.lastFilledQuantity);
  row.filled_quantity.push(order.filledQuantity);
  row.contract_size.push(contractSize);
  row.notional.push(notional);
  row.trade_time.push(order.tradeTimeUs);
  row.event_time.push(order.eventTimeUs);
  row.received_at.push(receivedAtUs);
  row.connection.push(connection);
}

/** An own entry of a fact: symbols are text from outside, and `constructor` is one. */
export function ownEntry(fact: unknown, symbol: string): unknown {
  return typeof fact === 'object' && fact !== null && Object.hasOwn(fact, symbol)
    ? (fact as Readonly<Record<string, unknown>>)[symbol]
    : undefined;
}

/** Two deliveries of an order: see `liquidation-key.ts`. */
export const LIQUIDATION_DEDUP: Dedup = {
  table: LIQUIDATION_TABLE,
  receivedAt: 'received_at',
  columns: [
    'market',
    'symbol',
    'side',
    'trade_time',
    'quantity',
    'price',
    'average_price',
    'filled_quantity',
  ],
  hashRow(row, into) {
    const { symbol } = row;
    // A row of another program without a symbol is no order that could come again.
    if (typeof symbol !== 'string') return false;
    hashLiquidation(
      {
        market: textOf(row.market),
        symbol,
        side: row.side === 'SELL' ? 'SELL' : 'BUY',
        tradeTimeUs: Number(row.trade_time),
        quantity: Number(row.quantity),
        price: Number(row.price),
        averagePrice: numberOf(row.average_price),
        filledQuantity: numberOf(row.filled_quantity),
      },
      into,
    );
    return true;
  },
};

function textOf(cell: unknown): string {
  return typeof cell === 'string' ? cell : '';
}

function numberOf(cell: unknown): number | null {
  return cell === null || cell === undefined ? null : Number(cell);
}
