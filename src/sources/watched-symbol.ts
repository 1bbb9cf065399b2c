/** A symbol that someone wants bars or trades of, as commands and lists write it. */
import { LakeError } from '../base/errors.ts';

export interface WatchedSymbol {
  readonly venue: string;
  readonly market: string;
  readonly symbol: string;
}

/** The fact that holds the list of them. */
export const WATCHED = 'watched';
/** When the process began, in microseconds since the epoch: of that minute it did not hear all. */
export const STARTED = 'started';

const PREFIXES: Readonly<Record<string, readonly [venue: string, market: string]>> = {
  spot: ['binance', 'spot'],
  usdm: ['binance', 'usdm'],
  coinm: ['binance', 'coinm'],
  yahoo: ['yahoo', 'stocks'],
};

export function isPrefix(text: string): boolean {
  return Object.hasOwn(PREFIXES, text);
}

/** `BTCUSDT` is spot; else `usdm:BTCUSDT`, `coinm:BTCUSD_PERP`, `yahoo:AAPL`. @throws LakeError USAGE. */
export function parseSymbolList(texts: readonly string[]): readonly WatchedSymbol[] {
  const symbols = texts.map((text): WatchedSymbol => {
    const [first = '', ...rest] = text.split(':');
    const [prefix, symbol] = rest.length === 0 ? ['spot', first] : [first.toLowerCase(), rest.join(':')];
    const place = Object.hasOwn(PREFIXES, prefix) ? PREFIXES[prefix] : undefined;
    if (place === undefined || !isSymbolText(symbol)) {
      throw new LakeError('USAGE', `\`${text.slice(0, 80)}\` is not a symbol of a market`, {
        hint: 'write `BTCUSDT` for spot, else `usdm:BTCUSDT`, `coinm:BTCUSD_PERP` or `yahoo:AAPL`',
      });
    }
    return { venue: place[0], market: place[1], symbol };
  });
  return [...new Map(symbols.map((one) => [symbolText(one), one])).values()];
}

/** As a LIST has it. */
export function symbolText({ market, symbol }: WatchedSymbol): string {
  if (market === 'spot') return symbol;
  return `${market === 'stocks' ? 'yahoo' : market}:${symbol}`;
}

/** What the fact of that name holds; anything else is no list. */
export function watchedOf(fact: unknown): readonly WatchedSymbol[] {
  if (!Array.isArray(fact)) return [];
  return (fact as readonly unknown[]).filter(
    (one): one is WatchedSymbol =>
      typeof one === 'object' && one !== null && 'venue' in one && 'market' in one && 'symbol' in one,
  );
}

function isSymbolText(text: string): boolean {
  return text.length > 0 && text.length <= 64 && !/[\p{Cc}\p{Cs}\s/]/u.test(text);
}
