/** What is predicted, as people name it: `BTCUSDT` is spot, else `usdm:BTCUSDT` or `yahoo:AAPL`. Names are Unicode. */
import { quotedString } from '@duckdb/node-api';
import { LakeError } from '../base/errors.ts';

export interface Instrument {
  /** A market, or the venue of one that has no other. */
  readonly market: string;
  readonly symbol: string;
}

/** @throws LakeError USAGE. */
export function parseInstrument(text: string): Instrument {
  const match = /^(?:([a-z0-9]{1,20}):)?([\p{L}\p{N}\p{M}\p{S}_^=&-]{1,64})$/u.exec(text);
  if (match?.[2] !== undefined) return { market: match[1] ?? 'spot', symbol: match[2] };
  throw new LakeError('USAGE', `\`${text.slice(0, 60)}\` is not a symbol`, {
    hint: 'write `BTCUSDT`, `usdm:BTCUSDT`, `coinm:BTCUSD_PERP` or `yahoo:AAPL`',
  });
}

export function instrumentText({ market, symbol }: Instrument): string {
  return market === 'spot' ? symbol : `${market}:${symbol}`;
}

/** A condition on the rows of a table. */
export function ofInstrument({ market, symbol }: Instrument): string {
  return `(market = ${quotedString(market)} OR venue = ${quotedString(market)}) AND symbol = ${quotedString(symbol)}`;
}
