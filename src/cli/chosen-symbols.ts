/** The symbols that a command names, else those that the lake watches. */
import { LakeError } from '../base/errors.ts';
import { readSymbols } from '../services/symbols/symbol-table.ts';
import { parseSymbolList, type WatchedSymbol } from '../sources/watched-symbol.ts';
import type { CommandContext } from './context.ts';

/** @throws LakeError USAGE. */
export async function chosenSymbols({ config, origins }: CommandContext): Promise<readonly WatchedSymbol[]> {
  if (origins.symbols === 'flag') return parseSymbolList(config.symbols);
  const watched = (await readSymbols(config.lake))?.filter(({ isWatched }) => isWatched) ?? [];
  if (watched.length > 0) return watched.map(({ venue, market, symbol }) => ({ venue, market, symbol }));
  throw new LakeError('USAGE', 'no symbol is watched', {
    hint: 'name some with `--symbols BTCUSDT`, or watch some with `crypto-lake symbols add BTCUSDT`',
  });
}
