/** The watched symbols of a lake; on its first use those that are traded most. */
import type { Logger } from 'pino';
import type { WatchedSymbol } from '../../sources/watched-symbol.ts';
import { symbolText } from '../../sources/watched-symbol.ts';
import { type InstrumentContext, watchPopular } from './refresh-symbols.ts';
import { readSymbols } from './symbol-table.ts';

/** What is watched where nobody has chosen. */
const FIRST_SYMBOLS = 10;

export interface WatchedOptions {
  readonly lake: string;
  readonly log: Logger;
  readonly nowUs: () => number;
  /** Of the venue whose most traded symbols are watched first. */
  readonly context: InstrumentContext;
}

/** @throws LakeError EXCHANGE_… when nothing is chosen and the venue cannot be asked. */
export async function readWatched({
  lake,
  log,
  nowUs,
  context,
}: WatchedOptions): Promise<readonly WatchedSymbol[]> {
  const known = await readSymbols(lake);
  // Who removed all of them wants none.
  if (known?.some(({ isWatched }) => isWatched))
    return known.filter(({ isWatched }) => isWatched).map(nameOf);
  if (known !== undefined && known.length > 0) return [];
  const chosen = (await watchPopular(lake, context, nowUs(), FIRST_SYMBOLS)).map(nameOf);
  log.warn(
    { symbols: chosen.map(symbolText) },
    `no symbol was watched: the ${chosen.length} that are traded most are now; change that with \`crypto-lake symbols\``,
  );
  // In the order of the table, as it is read from now on: another order would be another list.
  return chosen.sort((a, b) => (a.symbol < b.symbol ? -1 : 1));
}

function nameOf({ venue, market, symbol }: WatchedSymbol): WatchedSymbol {
  return { venue, market, symbol };
}
