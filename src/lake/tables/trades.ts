import type { LakeTable } from '../table.ts';

export const TRADES_TABLE = {
  name: 'trades',
  description:
    'Aggregate trades of the symbols that are named for it: what one order took at one price. Complete by `trade_id`.',
  columns: {
    venue: 'string',
    market: 'string',
    symbol: 'string',
    trade_id: 'long',
    first_trade_id: 'long',
    last_trade_id: 'long',
    price: 'double',
    quantity: 'double',
    is_buyer_maker: 'boolean',
    trade_time: 'timestamp',
    origin: 'string',
    received_at: 'timestamp',
    connection: 'string',
    date: 'date',
  },
  partitionBy: ['date'],
  clusterBy: ['symbol', 'trade_id'],
  naturalKey: ['venue', 'market', 'symbol', 'trade_id'],
  timeColumn: 'trade_time',
} as const satisfies LakeTable;
