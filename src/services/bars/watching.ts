import type { SideFact } from '../../base/facts.ts';
import type { Source } from '../../sources/source.ts';
import { STARTED, WATCHED, type WatchedSymbol } from '../../sources/watched-symbol.ts';
import type { WatchList } from './watch-list.ts';

/** A change holds within a minute. */
const WATCH_MS = 10_000;
const DAY_MS = 86_400_000;

/** The source with the list that it watches. One that is given needs no fact that has to be fetched first. */
export function watching(source: Source, watchList: WatchList, startedUs: number): Source {
  const { feed } = source;
  if (feed === undefined) throw new TypeError(`${source.id} is no stream`);
  const started: SideFact = {
    name: STARTED,
    what: 'the time of the start',
    intervalMs: DAY_MS,
    isCarried: true,
    isForPlan: false,
    fetch: async () => startedUs,
  };
  const facts = [...(source.facts ?? []), started];
  if (watchList.isFixed) {
    const fixed: Readonly<Record<string, readonly WatchedSymbol[]>> = { [WATCHED]: watchList.now ?? [] };
    return { ...source, facts, feed: { ...feed, plan: (addresses) => feed.plan(addresses, fixed) } };
  }
  const watched: SideFact = {
    name: WATCHED,
    what: 'the list of watched symbols',
    intervalMs: WATCH_MS,
    isCarried: false,
    isForPlan: true,
    fetch: () => watchList.refresh(),
  };
  return { ...source, facts: [...facts, watched] };
}
