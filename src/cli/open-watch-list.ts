/** The symbols that bars and trades are collected of: those that the command names, else the watched ones of the lake. */
import type { Logger } from 'pino';
import { WatchList } from '../services/bars/watch-list.ts';
import { readWatched } from '../services/symbols/read-watched.ts';
import { type InstrumentContext, refreshSymbols } from '../services/symbols/refresh-symbols.ts';
import type { VenueNetwork } from '../services/venue-network.ts';
import { parseSymbolList } from '../sources/watched-symbol.ts';
import type { CommandContext } from './context.ts';

/**
 * @param commands that collect; `--symbols` beside prices is about prices.
 * @param networks of the venues that are collected: of one, the most traded symbols are watched where nobody has chosen.
 * @throws LakeError USAGE.
 */
export function openWatchList(
  { config, origins, clock, signal }: CommandContext,
  commands: readonly string[],
  networks: Iterable<VenueNetwork>,
  log: Logger,
): WatchList {
  if (origins.symbols === 'flag' && !commands.includes('prices'))
    return new WatchList({ fixed: parseSymbolList(config.symbols) });
  const contexts = [...networks].flatMap(({ venue, addresses, rest }): InstrumentContext[] =>
    venue.instruments === undefined
      ? []
      : [{ instruments: venue.instruments, venue: venue.name, addresses, rest, signal }],
  );
  const first = contexts.find(({ instruments }) => instruments.popular !== undefined);
  if (first === undefined) return new WatchList({ fixed: [] });
  return new WatchList({
    read: () => readWatched({ lake: config.lake, log, nowUs: () => clock.nowUs(), context: first }),
    refreshFacts: async () => {
      for (const context of contexts) await refreshSymbols(config.lake, context, clock.nowUs());
    },
  });
}
