/** Broken rows between right ones: each must cost itself alone. */

/** Adds every kind of broken row to a JSON array of tickers; other bodies stay as they are. */
export function spoilTickers(body: string | Uint8Array): string | Uint8Array {
  const tickers: unknown = JSON.parse(Buffer.from(body).toString());
  const example: unknown = Array.isArray(tickers) ? tickers[0] : undefined;
  if (!Array.isArray(tickers) || typeof example !== 'object') return body;
  return JSON.stringify([...badTickerRows({ ...example }), ...tickers, ...badTickerRows({ ...example })]);
}

/** @param example a right row, which the broken ones resemble */
export function badTickerRows(example: Record<string, unknown>): readonly unknown[] {
  const { symbol: _, ...nameless } = example;
  return [
    null,
    'BTCUSDT',
    [],
    nameless,
    { ...example, symbol: '' },
    { ...example, symbol: 42 },
    { ...example, symbol: 'BADAUSDT', lastPrice: 'NaN' },
    { ...example, symbol: 'BADBUSDT', lastPrice: '' },
    { ...example, symbol: 'BADCUSDT', lastPrice: '-1.00000000' },
    { ...example, symbol: 'BADDUSDT', lastPrice: '0x10' },
    { ...example, symbol: 'BADEUSDT', closeTime: 'yesterday' },
    { ...example, symbol: 'BADF\u001b[31mUSDT', lastPrice: null },
  ];
}
