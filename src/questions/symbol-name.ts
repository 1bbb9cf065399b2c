/** A symbol as people write it: `BTCUSDT`, `usdm:BTCUSDT`, `yahoo:AAPL`; names are Unicode. */
import { LakeError } from '../base/errors.ts';

export interface SymbolName {
  readonly symbol: string;
  /** A venue or a market; undefined leaves the choice to what is stored, spot first. */
  readonly place: string | undefined;
}

/** @throws LakeError USAGE. */
export function parseSymbol(text: string): SymbolName {
  const match = /^(?:([a-z0-9]{1,20}):)?([\p{L}\p{N}\p{M}\p{S}_.^=&-]{1,64})$/u.exec(text);
  if (match?.[2] !== undefined) return { place: match[1], symbol: match[2] };
  throw new LakeError('USAGE', `\`${text.slice(0, 60)}\` is not a symbol`, {
    hint: 'write `BTCUSDT`, `usdm:BTCUSDT`, `coinm:BTCUSD_PERP` or `yahoo:AAPL`',
  });
}
