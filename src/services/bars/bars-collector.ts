/** Collects closed bars: the stream, and beside it whoever fills its holes. */
import { backgroundTask } from '../../base/background-task.ts';
import type { SideFact } from '../../base/facts.ts';
import type { HistorySpec } from '../../sources/history-spec.ts';
import type { Source } from '../../sources/source.ts';
import { STARTED, WATCHED, type WatchedSymbol } from '../../sources/watched-symbol.ts';
import { spoolFolder } from '../../spool/state/spool-folder.ts';
import { StreamCollector, type StreamCollectorOptions } from '../stream-collector.ts';
import { BarRepair } from './bar-repair.ts';
import type { WatchList } from './watch-list.ts';

export interface BarsCollectorOptions extends StreamCollectorOptions {
  readonly watchList: WatchList;
  readonly rereadAfterMs: readonly number[];
}

export function createBarsCollector(options: BarsCollectorOptions): StreamCollector {
  const { watchList, rereadAfterMs, source, ...others } = options;
  const { lake, spool, clock, log, network } = options;
  return new StreamCollector({
    ...others,
    source: watching(source, watchList, clock.nowUs()),
    beside: (collector, status) => {
      const repair = new BarRepair({
        lake,
        folder: spoolFolder(spool, source.id),
        clock,
        log,
        network,
        history: source.history as HistorySpec,
        watched: () => watchList.now,
        rereadAfterMs,
        append: (record) => collector.append(record),
        onProgress: (minutes) => {
          status.holes = minutes;
        },
      });
      const refresh = { what: 'the facts of symbols', intervalMs: DAY_MS, log };
      return {
        rotated: () => repair.rotated(),
        stored: (backlog) => repair.stored(backlog),
        run: async (signal) => {
          const refreshing = backgroundTask({ ...refresh, signal }, () => watchList.refreshFacts());
          await Promise.all([repair.run(signal), refreshing]);
        },
      };
    },
  });
}

/** The source with the list that it watches. One that is given needs no fact that has to be fetched first. */
function watching(source: Source, watchList: WatchList, startedUs: number): Source {
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
    const fixed: Readonly<Record<string, readonly WatchedSymbol[]>> = { [WATCHED]: watchList.now };
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

/** A change holds within a minute. */
const WATCH_MS = 10_000;
const DAY_MS = 86_400_000;
