/** The symbols that bars and trades are collected of: those that the command names, else the watched ones of the lake. */
import type { Logger } from 'pino';
import { WatchList } from '../services/bars/watch-list.ts';
import { readWatched } from '../services/symbols/read-watched.ts';
import { refreshSymbols } from '../services/symbols/refresh-symbols.ts';
import type { VenueNetwork } from '../services/venue-network.ts';
import { parseSymbolList } from '../sources/watched-symbol.ts';
import type { CommandContext } from './context.ts';

/**
 * @param commands that collect; `--symbols` beside prices is about prices.
 * @param network of the venue whose most traded symbols are watched where nobody has chosen.
 * @throws LakeError USAGE.
 */
export function openWatchList(
  { config, origins, clock, signal }: CommandContext,
  commands: readonly string[],
  network: VenueNetwork | undefined,
  log: Logger,
): WatchList {
  if (origins.symbols === 'flag' && !commands.includes('prices'))
    return new WatchList({ fixed: parseSymbolList(config.symbols) });
  const instruments = network?.venue.instruments;
  if (network === undefined || instruments === undefined) return new WatchList({ fixed: [] });
  const { addresses, rest } = network;
  const context = { instruments, addresses, rest, signal };
  return new WatchList({
    read: () => readWatched({ lake: config.lake, log, nowUs: () => clock.nowUs(), context }),
    refreshFacts: async () => {
      await refreshSymbols(config.lake, context, clock.nowUs());
    },
  });
}
