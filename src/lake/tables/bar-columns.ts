/** What every bar has, of whatever length. `close_time` is open + length, exclusive; sums are in the units of the venue. */
export const BAR_COLUMNS = {
  venue: 'string',
  market: 'string',
  symbol: 'string',
  timeframe: 'string',
  open_time: 'timestamp',
  close_time: 'timestamp',
  open: 'double',
  high: 'double',
  low: 'double',
  close: 'double',
  volume: 'double',
  quote_volume: 'double',
  trade_count: 'long',
  taker_buy_volume: 'double',
  taker_buy_quote_volume: 'double',
  first_trade_id: 'long',
  last_trade_id: 'long',
  origin: 'string',
  completeness: 'string',
  event_time: 'timestamp',
  known_at: 'timestamp',
  connection: 'string',
} as const;

/** What a bar says of the trades in it. */
export const BAR_VALUE_COLUMNS = [
  'open',
  'high',
  'low',
  'close',
  'volume',
  'quote_volume',
  'trade_count',
  'taker_buy_volume',
  'taker_buy_quote_volume',
  'first_trade_id',
  'last_trade_id',
] as const;

/** A symbol's rows of a day or a month are asked for sooner than those of all symbols: see `ROW_GROUP_ROWS`. */
export const BAR_ROW_GROUP_ROWS = 6144;
