import type { LakeTable, LakeView } from '../table.ts';

/** The newest version of each symbol. */
const VIEWS: readonly LakeView[] = [
  {
    name: 'symbols_now',
    reads: ['symbols'],
    sql: `CREATE VIEW symbols_now AS
   SELECT * FROM symbols QUALIFY row_number() OVER (PARTITION BY venue, market, symbol ORDER BY known_at DESC) = 1`,
  },
];

export const SYMBOLS_TABLE = {
  name: 'symbols',
  description:
    'A version of what is known of a symbol, and whether it is watched; the newest `known_at` is how it is now.',
  columns: {
    venue: 'string',
    market: 'string',
    symbol: 'string',
    status: 'string',
    base_asset: 'string',
    quote_asset: 'string',
    contract_type: 'string',
    contract_size: 'double',
    price_increment: 'double',
    quantity_increment: 'double',
    time_zone: 'string',
    session_start: 'timestamp',
    session_end: 'timestamp',
    is_watched: 'boolean',
    is_featured: 'boolean',
    known_at: 'timestamp',
  },
  partitionBy: [],
  clusterBy: ['venue', 'market', 'symbol'],
  timeColumn: 'known_at',
  views: VIEWS,
} as const satisfies LakeTable;
