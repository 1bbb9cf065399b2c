/** The symbols that bars and trades are collected of: those that the command names, else the watched ones of the lake. */
import { WatchList } from '../services/bars/watch-list.ts';
import { readWatched } from '../services/symbols/read-watched.ts';
import { parseSymbolList } from '../sources/watched-symbol.ts';
import type { CommandContext } from './context.ts';

/** @throws LakeError USAGE. @param commands that collect; `--symbols` beside prices is about prices. */
export function openWatchList({ config, origins }: CommandContext, commands: readonly string[]): WatchList {
  const isNamed = origins.symbols === 'flag' && !commands.includes('prices');
  return new WatchList({
    fixed: isNamed ? parseSymbolList(config.symbols) : undefined,
    read: () => readWatched(config.lake),
  });
}
