/** The lake's own tables: columns in order, partitioning and clustering. Names and types are an interface: never renamed. */
export type ColumnType = 'string' | 'long' | 'double' | 'date' | 'timestamp';

export interface LakeTable {
  readonly name: string;
  readonly description: string;
  /** Column name → type; `date` is the partition column and stands last. */
  readonly columns: Readonly<Record<string, ColumnType>>;
  readonly partitionBy: 'date';
  readonly clusterBy: readonly string[];
}

export const LIQUIDATION_TABLE = {
  name: 'liquidation',
  description:
    'Forced orders as streamed: at most one a symbol a second, so totals are lower bounds. SELL closes a long.',
  columns: {
    venue: 'string',
    market: 'string',
    symbol: 'string',
    side: 'string',
    order_type: 'string',
    time_in_force: 'string',
    status: 'string',
    price: 'double',
    average_price: 'double',
    quantity: 'double',
    last_filled_quantity: 'double',
    filled_quantity: 'double',
    contract_size: 'double',
    notional: 'double',
    trade_time: 'timestamp',
    event_time: 'timestamp',
    received_at: 'timestamp',
    connection: 'string',
    date: 'date',
  },
  partitionBy: 'date',
  clusterBy: ['symbol', 'trade_time'],
} as const satisfies LakeTable;

export const PRICES_TABLE = {
  name: 'prices',
  description: '24 h ticker statistics, one row a symbol and poll.',
  columns: {
    venue: 'string',
    market: 'string',
    symbol: 'string',
    collected_at: 'timestamp',
    last_price: 'double',
    open_price: 'double',
    high_price: 'double',
    low_price: 'double',
    bid_price: 'double',
    bid_quantity: 'double',
    ask_price: 'double',
    ask_quantity: 'double',
    previous_close_price: 'double',
    price_change: 'double',
    price_change_percent: 'double',
    weighted_average_price: 'double',
    volume: 'double',
    quote_volume: 'double',
    trade_count: 'long',
    open_time: 'timestamp',
    close_time: 'timestamp',
    first_trade_id: 'long',
    last_trade_id: 'long',
    received_at: 'timestamp',
    date: 'date',
  },
  partitionBy: 'date',
  clusterBy: ['symbol', 'collected_at'],
} as const satisfies LakeTable;

export const COVERAGE_TABLE = {
  name: 'coverage',
  description:
    'When each connection was really listening, and why each span ended; one row a price poll too.',
  columns: {
    source: 'string',
    stream: 'string',
    connection: 'string',
    state: 'string',
    started_at: 'timestamp',
    ended_at: 'timestamp',
    frames: 'long',
    missed: 'long',
    end_reason: 'string',
    clock_offset_us: 'long',
    date: 'date',
  },
  partitionBy: 'date',
  clusterBy: ['stream'],
} as const satisfies LakeTable;

export const QUARANTINE_TABLE = {
  name: 'quarantine',
  description:
    'What could not be understood: the beginning of the raw text, the reason, and where it came from.',
  columns: {
    source: 'string',
    connection: 'string',
    received_at: 'timestamp',
    reason: 'string',
    raw: 'string',
    date: 'date',
  },
  partitionBy: 'date',
  clusterBy: [],
} as const satisfies LakeTable;

export const LAKE_TABLES: readonly LakeTable[] = [
  LIQUIDATION_TABLE,
  PRICES_TABLE,
  COVERAGE_TABLE,
  QUARANTINE_TABLE,
];
