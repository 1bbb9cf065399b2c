/** The tables whose new rows a channel tells of. */
const TABLES: Readonly<Record<string, readonly string[]>> = {
  tickers: ['prices'],
  liquidations: ['liquidation'],
  indicators: ['indicators'],
  coverage: ['coverage'],
  quality: ['quality'],
};

export function channelTables(channel: string, timeframe: string | undefined): readonly string[] {
  return TABLES[channel] ?? (timeframe === '1m' ? ['bars_1m', 'bar_corrections'] : ['bars_rollup']);
}
