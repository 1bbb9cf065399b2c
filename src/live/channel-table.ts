/** The table whose new rows a channel tells of. */
const TABLES: Readonly<Record<string, string>> = {
  tickers: 'prices',
  liquidations: 'liquidation',
  indicators: 'indicators',
  coverage: 'coverage',
  quality: 'quality',
};

export function channelTable(channel: string, timeframe: string | undefined): string {
  return TABLES[channel] ?? (timeframe === '1m' ? 'bars_1m' : 'bars_rollup');
}
