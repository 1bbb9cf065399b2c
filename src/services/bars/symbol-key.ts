/** `MARKET:SYMBOL`, by which what one venue owes is kept. */
export interface MarketSymbol {
  readonly market: string;
  readonly symbol: string;
}

export function keyOf({ market, symbol }: MarketSymbol): string {
  return `${market}:${symbol}`;
}

export function placeOf(key: string): MarketSymbol {
  const at = key.indexOf(':');
  return { market: key.slice(0, at), symbol: key.slice(at + 1) };
}
